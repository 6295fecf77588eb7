import { UsageError } from '../../platform/errors.js'
import { fill, rateIntervalMs, type Filling } from './fill.js'
import {
  alternativesOf,
  metricsOf,
  panelsOf,
  queryApplies,
  type Board,
  type Panel,
  type Query,
} from './panel.js'

/** Who answers: Prometheus' HTTP API. All times in milliseconds. */
export interface Answering {
  query(promql: string, at: number): Promise<readonly Found[]>
  queryRange(
    promql: string,
    span: { start: number; end: number; step: number },
  ): Promise<readonly Found[]>
  metricNames(start: number, end: number): Promise<ReadonlySet<string>>
}

export interface Found {
  samples: readonly { value: number }[]
}

/**
 * `data`: each of its queries that applies has numbers. `idle`: it is answered, by no number: 0 requests took 0 seconds. `empty`: its metrics
 * are there, and it is answered by nothing. `error`: Prometheus refuses a query.
 */
export type PanelState = 'data' | 'idle' | 'empty' | 'error'

export interface PanelCheck {
  board: string
  id: string
  title: string
  state: PanelState
  /** The query that decided the state, as it was asked; null where all is well. */
  query: string | null
  /** What Prometheus says of it. */
  error: string | null
}

export interface BoardsCheck {
  /** Milliseconds since 1970. */
  from: number
  to: number
  /** Of the panels that apply to what is stored of this time. */
  panels: readonly PanelCheck[]
  /** Titles of boards to which nothing that is stored belongs. */
  without: readonly string[]
}

export interface Looked {
  from: number
  to: number
  scrapeIntervalMs: number
  chosen?: Pick<Filling, 'run' | 'name' | 'node'>
}

/** As many points as a chart is asked for. */
const POINTS = 200

/** Asks every query of every panel, as Grafana and the page would. */
export async function checkBoards(
  answering: Answering,
  boards: readonly Board[],
  { from, to, scrapeIntervalMs, chosen = {} }: Looked,
): Promise<BoardsCheck> {
  const step = Math.max(scrapeIntervalMs, Math.ceil((to - from) / POINTS / 1000) * 1000)
  const filling: Filling = {
    ...chosen,
    rateIntervalMs: rateIntervalMs({ stepMs: step, scrapeIntervalMs }),
    rangeMs: to - from,
  }
  const names = await answering.metricNames(from, to)
  const isThere = rememberingOne(
    async (selector: string): Promise<boolean> =>
      (await answering.query(fill(`count(last_over_time(${selector}[$__range]))`, filling), to))
        .length > 0,
  )
  const applies = async (query: Query): Promise<boolean> => {
    if (!queryApplies(query, names)) return false
    for (const one of alternativesOf(query)) {
      const parts = await Promise.all(chosenParts(one).map(isThere))
      if (parts.every(Boolean)) return true
    }
    return false
  }
  const ask = async ({ kind }: Panel, promql: string): Promise<readonly Found[]> =>
    // What is only looked at now had its number while the run went on.
    kind === 'stat' && chosen.run === undefined
      ? answering.query(promql, to)
      : answering.queryRange(promql, { start: from, end: to, step })

  const checkPanel = async (board: Board, panel: Panel): Promise<PanelCheck | undefined> => {
    const { id, title } = panel
    const states: Pick<PanelCheck, 'state' | 'query' | 'error'>[] = []
    for (const query of panel.queries) {
      if (!(await applies(query))) continue
      const promql = fill(query.expr, filling)
      states.push(
        await ask(panel, promql).then(
          (found) => ({ state: stateOf(found), query: promql, error: null }),
          (error: unknown) => {
            // A store that can't be asked at all is no matter of a panel.
            if (!(error instanceof UsageError)) throw error
            return { state: 'error', query: promql, error: error.message }
          },
        ),
      )
    }
    if (states.length === 0) return undefined
    const [worst] = states.sort((a, b) => SEVERITY.indexOf(a.state) - SEVERITY.indexOf(b.state))
    const decided = worst.state === 'data' ? { ...worst, query: null } : worst
    return { board: board.uid, id, title, ...decided }
  }

  const checked = await Promise.all(
    boards.map(async (board) => {
      const panels: PanelCheck[] = []
      for (const panel of panelsOf(board)) {
        const check = await checkPanel(board, panel)
        if (check) panels.push(check)
      }
      return { board, panels }
    }),
  )
  return {
    from,
    to,
    panels: checked.flatMap(({ panels }) => panels),
    without: checked.filter(({ panels }) => panels.length === 0).map(({ board }) => board.title),
  }
}

const SEVERITY: readonly PanelState[] = ['error', 'empty', 'idle', 'data']

function stateOf(found: readonly Found[]): PanelState {
  if (found.every(({ samples }) => samples.length === 0)) return 'empty'
  const isNumber = ({ value }: { value: number }): boolean => !Number.isNaN(value)
  return found.some(({ samples }) => samples.some(isNumber)) ? 'data' : 'idle'
}

/**
 * The metrics of a query, narrowed down by what is chosen and by whose it is alone: a query whose other matchers match nothing is empty, and not
 * one that does not apply.
 */
function chosenParts(query: Query): string[] {
  return metricsOf(query).map((name) => {
    const inner = query.expr.slice(query.expr.indexOf(`${name}{`) + name.length + 1)
    const matchers = inner.slice(0, inner.indexOf('}')).split(',')
    const chosen = matchers.filter((one) => one.includes('$') || one.startsWith('service='))
    return `${name}{${chosen.join(',')}}`
  })
}

function rememberingOne<Key, Value>(
  ask: (key: Key) => Promise<Value>,
): (key: Key) => Promise<Value> {
  const known = new Map<Key, Promise<Value>>()
  return (key) => {
    const answer = known.get(key) ?? ask(key)
    known.set(key, answer)
    return answer
  }
}
