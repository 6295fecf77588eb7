import { latencyOf, logHistogram, mean, percentile, spreadOf } from '../measure/statistics.js'
import type { LoadResult } from '../load/load.js'
import type { Usage } from '../measure/meters.js'
import type { VectorPlan } from './plan.js'
import type { Level } from './result.js'

export interface LevelPlan {
  mode: 'closed' | 'open'
  concurrency: number
  ratePerSecond: number | null
}

/** Sequential first; it is also a level of its own when it was asked for. */
export function levelsOf({ concurrency, ratePerSecond }: VectorPlan): LevelPlan[] {
  const closed = (clients: number): LevelPlan => ({
    mode: 'closed',
    concurrency: clients,
    ratePerSecond: null,
  })
  if (ratePerSecond !== null) return [closed(1), { mode: 'open', concurrency: 1, ratePerSecond }]
  return [...new Set([1, ...concurrency])].sort((a, b) => a - b).map(closed)
}

/** One level in one repeat. */
export interface Measurement {
  load: LoadResult
  usage: Usage
  loopDelayP99Ms: number | null
}

const HISTOGRAM_BINS = 16

/** All repeats of a level together, and its spread over them. */
export function summarizeLevel(plan: LevelPlan, measurements: readonly Measurement[]): Level {
  const sent = measurements.flatMap(({ load }) => load.sent)
  const good = sent.filter(({ error }) => error === undefined)
  const samples = Float64Array.from(good, ({ sentMs, endMs }) => endMs - sentMs)
  const latency = latencyOf(samples)
  const wallMs = measurements.reduce((sum, { load }) => sum + load.wallMs, 0)
  const recalls = good.map(({ recall }) => recall).filter((recall) => recall !== undefined)
  const perRepeat = measurements.map(summarizeRepeat)
  return {
    ...plan,
    queriesPerSecond: wallMs > 0 ? (good.length / wallMs) * 1000 : 0,
    meanMs: latency.meanMs,
    p50Ms: latency.p50Ms,
    p90Ms: latency.p90Ms,
    p99Ms: latency.p99Ms,
    p999Ms: latency.p999Ms,
    latency,
    fromSchedule:
      plan.mode === 'open'
        ? latencyOf(Float64Array.from(good, ({ dueMs, endMs }) => endMs - dueMs))
        : null,
    histogram: logHistogram(samples, HISTOGRAM_BINS),
    recallAtK: mean(recalls),
    issued: sent.length,
    ok: good.length,
    errors: sent.length - good.length,
    errorsByClass: countClasses(sent),
    repeats: {
      queriesPerSecond: spreadOf(perRepeat.map(({ queriesPerSecond }) => queriesPerSecond)),
      p50Ms: spreadOf(perRepeat.map(({ p50Ms }) => p50Ms)),
      p99Ms: spreadOf(perRepeat.map(({ p99Ms }) => p99Ms)),
    },
    clientCores: mean(measurements.map(({ usage }) => usage.clientCores)) ?? 0,
    serverCores: mean(
      measurements.map(({ usage }) => usage.serverCores).filter((cores) => cores !== null),
    ),
    dispatchLagP99Ms: percentile(mergedLags(measurements), 0.99),
  }
}

/** Ascending. */
export function mergedLags(measurements: readonly Measurement[]): Float64Array {
  return Float64Array.from(measurements.flatMap(({ load }) => [...load.lagsMs])).sort()
}

export function countClasses(sent: Iterable<{ error?: string }>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { error } of sent) if (error !== undefined) counts[error] = (counts[error] ?? 0) + 1
  return counts
}

function summarizeRepeat({ load }: Measurement) {
  const good = load.sent.filter(({ error }) => error === undefined)
  const { p50Ms, p99Ms } = latencyOf(Float64Array.from(good, ({ sentMs, endMs }) => endMs - sentMs))
  return {
    queriesPerSecond: load.wallMs > 0 ? (good.length / load.wallMs) * 1000 : 0,
    p50Ms,
    p99Ms,
  }
}
