import { join, resolve } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import { findReady } from '../../jobs/find-ready.js'
import { answersOf } from '../../monitoring/page/answers.js'
import { collect, type Collected } from '../../monitoring/page/collect.js'
import { page, type Page } from '../../monitoring/page/page.js'
import { boards } from '../../monitoring/panels/boards.js'
import { run as runBoard } from '../../monitoring/panels/boards/run.js'
import { PrometheusApi } from '../../monitoring/prometheus/client.js'
import type { FigureStore } from '../../monitoring/store.js'
import { refuseUnlessFree } from '../../platform/archive.js'
import { aibench } from '../../platform/command-line.js'
import { BugError, NotFoundError, UnreachableError } from '../../platform/errors.js'
import { isFolder, readTextIfThere, writeAtomically } from '../../platform/files.js'
import { formatDuration } from '../../platform/units.js'
import { askedTime, type AskedRun } from './asked-time.js'
import { figuresOf } from './figures.js'
import { readPlan } from './plan.js'
import { MONITORS } from './words.js'

export interface ViewRequest {
  /** Id of a run; without it, the last `rangeMs` of everything. */
  run?: string
  rangeMs?: number
  monitors?: string
  output?: string
  force: boolean
}

export interface ViewReport {
  path: string
  bytes: number
  run: string | null
  monitors: string
  /** ISO, UTC. */
  from: string
  to: string
  boards: { title: string; panels: number }[]
  /** Panels whose query Prometheus did not answer, with what it said. */
  errors: string[]
}

const USUAL_RANGE_MS = 15 * 60_000

/** Draws what the monitors keep of a run, or of the last minutes, into one HTML file that needs nothing else. */
export async function viewFigures(context: Context, request: ViewRequest): Promise<ViewReport> {
  const { instance } = await findReady(context, MONITORS.kind, request.monitors)
  const store = await figuresOf(context, instance)
  if (!store) throw unreachable(instance.name)
  const { scrapeIntervalMs, archive, tsdbDir } = await readPlan(instance.runDir)
  // A database of its own has nothing from before; one that was kept may.
  const begin = tsdbDir === null && instance.readyAt ? Date.parse(instance.readyAt) : 0
  const api = new PrometheusApi(context.http, store.api)
  const asked = { run: request.run ?? null, rangeMs: request.rangeMs ?? null }
  const { run, from, to } = await askedTime(context, { api, archive, begin }, asked, USUAL_RANGE_MS)
  const out = await placeFor(context, request, run)

  const step = context.progress.step('drawn')
  const looking = { from, to, scrapeIntervalMs, of: { run: run?.id, name: run?.name } }
  const collected = await collect(
    answersOf(context.http, store.api),
    // A page of a run begins with the run.
    run ? [runBoard, ...boards.filter((board) => board !== runBoard)] : boards,
    looking,
  )
  if (collected.boards.length === 0) throw nothingOf(collected, store, run)
  const html = page({ ...(await wordsOf(context, collected, store, run)), collected })
  await writeAtomically(out, html)
  const panels = collected.boards.flatMap(({ rows }) => rows.flatMap((row) => row.panels))
  step.done(`${panels.length} panels`)
  return {
    ...{ path: out, bytes: Buffer.byteLength(html), run: run?.id ?? null, monitors: store.name },
    from: new Date(collected.grid.from).toISOString(),
    to: new Date(collected.grid.to).toISOString(),
    boards: collected.boards.map(({ board, rows }) => ({
      title: board.title,
      panels: rows.reduce((sum, row) => sum + row.panels.length, 0),
    })),
    errors: panels
      .filter(({ error }) => error !== null)
      .map(({ panel, error }) => `${panel.title}: ${error}`),
  }
}

async function placeFor(
  { environment }: Context,
  { output, force }: ViewRequest,
  run: AskedRun | undefined,
): Promise<string> {
  const wanted = resolve(environment.cwd, output ?? '.')
  const name = run ? `aibench-${run.id}.html` : 'aibench-monitors.html'
  const out = (await isFolder(wanted)) ? join(wanted, name) : wanted
  await refuseUnlessFree(out, force)
  return out
}

function unreachable(name: string): UnreachableError {
  return new UnreachableError(`The Prometheus of ${name} does not answer from here`, {
    hints: [aibench(MONITORS.kind, 'check', name)],
  })
}

function nothingOf(
  { grid }: Collected,
  { name }: FigureStore,
  run: AskedRun | undefined,
): NotFoundError {
  const time = `${momentOf(grid.from)} to ${momentOf(grid.to)}`
  return new NotFoundError(`${name} has no metrics of ${run ? `run ${run.id}, ${time}` : time}`, {
    code: 'AIB_FIGURES_NONE',
    hints: [aibench(MONITORS.kind, 'check', name)],
  })
}

async function wordsOf(
  { environment }: Context,
  { grid }: Collected,
  { name, version }: FigureStore,
  run: AskedRun | undefined,
): Promise<Omit<Page, 'collected'>> {
  const script = await readTextIfThere(join(environment.installDir, 'dist', 'charts.js'))
  if (script === undefined) throw new BugError('dist/charts.js is missing: was aibench built?')
  const length = formatDuration(grid.to - grid.from)
  const kept = ['Stored by', `${name}, Prometheus ${version}`] as const
  const every = grid.stepMs < 60_000 ? `${grid.stepMs / 1000} s` : formatDuration(grid.stepMs)
  const footer = `Made by aibench from Prometheus data. Times are UTC, one point every ${every}. Drag across a chart to zoom in; click a name to show it alone.`
  if (!run) {
    const lead = `Everything that was monitored in ${length}. All times are UTC.`
    const facts = [['From', momentOf(grid.from)], ['To', momentOf(grid.to)], kept] as const
    return { title: `Metrics of ${name}`, lead, facts, footer, script }
  }
  const { id, name: target, record } = run
  if (!record) {
    const facts = [
      ['From', momentOf(grid.from)],
      ['Length', length],
      ['Target', target ?? ''],
      kept,
    ] as const
    return { title: `Run ${id}`, lead: 'Monitoring data of a run.', facts, footer, script }
  }
  const facts = [
    ['Started', momentOf(Date.parse(record.startedAt))],
    ['Length', length],
    ['Target', record.target],
    ['Verdict', record.verdict],
    ...(record.hardware ? [['Hardware', record.hardware] as const] : []),
    kept,
  ] as const
  const said = [record.subject, record.load, record.summary]
  const lead = said.filter((part) => part != null).join(' · ')
  return { title: `Run ${id}: ${record.service} bench`, lead, facts, footer, script }
}

/** `2026-11-27 14:00:12 UTC`. */
const momentOf = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
