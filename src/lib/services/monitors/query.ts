import type { Context } from '../../jobs/contract.js'
import { findReady } from '../../jobs/find-ready.js'
import { PrometheusApi, type Series } from '../../monitoring/prometheus/client.js'
import type { FigureStore } from '../../monitoring/store.js'
import { aibench } from '../../platform/command-line.js'
import { EnvironmentError, UnreachableError } from '../../platform/errors.js'
import { askedTime } from './asked-time.js'
import type { QueryOptions } from './attach-options.js'
import { figuresOf } from './figures.js'
import { readPlan } from './plan.js'
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

/** Asks the monitors' Prometheus: of now, of the last minutes, or of the time of a run. Saved figures end when they were saved. */
export async function queryFigures(
  context: Context,
  query: string,
  { run, rangeMs, stepMs, monitors }: QueryOptions,
): Promise<QueryReport> {
  const { store, api, archive } = await apiOf(context, monitors)
  const { from, to } = await askedTime(context, { api, archive, begin: 0 }, { run, rangeMs }, 0)
  const told = { monitors: store.name, query, to: new Date(to).toISOString() }
  if (run === null && rangeMs === null)
    return { ...told, from: null, series: await api.query(query, to) }
  const step = stepMs ?? Math.max(SHORTEST_STEP_MS, Math.ceil((to - from) / USUAL_POINTS))
  const series = await api.queryRange(query, { start: from, end: to, step })
  return { ...told, from: new Date(from).toISOString(), series }
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
): Promise<{ store: FigureStore; api: PrometheusApi; archive: string | null }> {
  const { instance } = await findReady(context, MONITORS.kind, name ?? undefined)
  const store = await figuresOf(context, instance)
  const { archive } = await readPlan(instance.runDir)
  if (store) return { store, api: new PrometheusApi(context.http, store.api), archive }
  throw new UnreachableError(`The Prometheus of ${instance.name} does not answer from here`, {
    hints: [aibench(MONITORS.kind, 'check', instance.name)],
  })
}
