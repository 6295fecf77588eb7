import { readFileSync } from 'node:fs'
import type { Answer, Answers } from '../../src/lib/monitoring/page/collect.js'
import { timesOf, type Grid } from '../../src/lib/monitoring/page/collect.js'
import { page } from '../../src/lib/monitoring/page/page.js'
import { collect } from '../../src/lib/monitoring/page/collect.js'
import type { Board, Panel } from '../../src/lib/monitoring/panels/panel.js'
import { ROOT } from './cli.js'

export const START = Date.UTC(2026, 10, 27, 14, 0)
export const END = START + 6 * 60_000

export const panel = (over: Partial<Panel>): Panel => ({
  id: 'one',
  title: 'One',
  description: 'What is seen: `a` by name.',
  unit: 'seconds',
  kind: 'lines',
  queries: [{ expr: 'a{}', legend: '{{name}}' }],
  ...over,
})

export const board = (panels: readonly Panel[], over: Partial<Board> = {}): Board => ({
  uid: 'board',
  title: 'aibench: board',
  description: 'For a test.',
  variables: [],
  hasPhases: true,
  rows: [{ title: 'Row', panels }],
  ...over,
})

type Told = (at: number, index: number) => number | null

/** A store that knows, for each metric, so many series with values told by the moment. */
export function store(
  metrics: Readonly<Record<string, { labels: Answer['labels']; told: Told }[]>>,
) {
  const asked: string[] = []
  const answers: Answers = {
    async range(expr: string, grid: Grid): Promise<Answer[]> {
      asked.push(expr)
      if (expr.includes('broken')) throw new Error('1:4: parse error: unexpected "}"')
      const name = Object.keys(metrics).find((metric) => expr.includes(`${metric}{`)) ?? ''
      return (metrics[name] ?? []).map(({ labels, told }) => ({
        labels,
        values: timesOf(grid).map((at, index) => told(at, index)),
      }))
    },
    metricNames: async () => [...Object.keys(metrics), 'broken'],
  }
  return { answers, asked }
}

export async function pageOf(
  answers: Answers,
  boards: readonly Board[],
  script = readFileSync(`${ROOT}dist/charts.js`, 'utf8'),
): Promise<string> {
  const looking = { from: START, to: END, scrapeIntervalMs: 1000, of: {} }
  const collected = await collect(answers, boards, looking)
  const facts = [['Target', 'llama8b <b>']] as const
  return page({
    title: 'Run c19d',
    lead: 'A test.',
    facts,
    footer: 'Made by a test.',
    collected,
    script,
  })
}
