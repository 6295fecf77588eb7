import type { Context } from '../../jobs/contract.js'
import { findReady } from '../../jobs/find-ready.js'
import { PrometheusApi, type Series } from '../../monitoring/prometheus/client.js'
import type { FigureStore } from '../../monitoring/store.js'
import { aibench } from '../../platform/command-line.js'
import {
  EnvironmentError,
  NotFoundError,
  UnreachableError,
  UsageError,
} from '../../platform/errors.js'
import type { QueryOptions } from './attach-options.js'
import { figuresOf } from './figures.js'
import { MONITORS } from './words.js'

export interface QueryReport {
  monitors: string
  query: string
  /** ISO 8601; null of a query of one moment. */
  from: string | null
  to: string
  series: Series[]
}

export interface ReloadReport {
  monitors: string
}

/** A screen is about so high. */
const USUAL_POINTS = 20
const SHORTEST_STEP_MS = 1_000

/** Asks the monitors' Prometheus: of now, of the last minutes, or of the time of a run. */
export async function queryFigures(
  context: Context,
  query: string,
  { run, rangeMs, stepMs, monitors }: QueryOptions,
): Promise<QueryReport> {
  if (run !== null && rangeMs !== null)
    throw new UsageError('A query is over a run or a --range, not both')
  const span = run === null ? undefined : await spanOf(context, run)
  const { store, api } = await apiOf(context, monitors)
  const now = context.clock.now().getTime()
  const { start, end } = span ?? { start: now - (rangeMs ?? 0), end: now }
  const told = { monitors: store.name, query, to: new Date(end).toISOString() }
  if (!span && rangeMs === null) return { ...told, from: null, series: await api.query(query, end) }
  const step = stepMs ?? Math.max(SHORTEST_STEP_MS, Math.ceil((end - start) / USUAL_POINTS))
  const series = await api.queryRange(query, { start, end, step })
  return { ...told, from: new Date(start).toISOString(), series }
}

/** Makes Prometheus read its configuration again, and says whether it took it. */
export async function reloadMonitors(context: Context, name?: string): Promise<ReloadReport> {
  const { store, api } = await apiOf(context, name ?? null)
  const error = await api.reload()
  if (error === null) return { monitors: store.name }
  throw new EnvironmentError(
    'Prometheus rejected its configuration and goes on with the previous one',
    {
      ...{ code: 'AIB_RELOAD', evidence: error },
      hints: [aibench('monitors', 'logs', store.name)],
    },
  )
}

async function apiOf(
  context: Context,
  name: string | null,
): Promise<{ store: FigureStore; api: PrometheusApi }> {
  const { instance } = await findReady(context, MONITORS.kind, name ?? undefined)
  const store = await figuresOf(context, instance)
  if (store) return { store, api: new PrometheusApi(context.http, store.api) }
  throw new UnreachableError(`The Prometheus of ${instance.name} does not answer from here`, {
    hints: [aibench(MONITORS.kind, 'check', instance.name)],
  })
}

async function spanOf({ state, clock }: Context, id: string) {
  const { runs } = await state.read()
  if (!Object.hasOwn(runs, id))
    throw new NotFoundError(`There is no run "${id}"`, {
      ...{ code: 'AIB_RUN_UNKNOWN', hints: [aibench('runs', 'list')] },
    })
  const { startedAt, endedAt } = runs[id]
  const end = endedAt === null ? clock.now().getTime() : Date.parse(endedAt)
  return { start: Date.parse(startedAt), end }
}
