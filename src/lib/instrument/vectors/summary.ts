import type { WorkersUsage } from '../load/workers-usage.js'
import { lagsOf } from '../load/self-check.js'
import { latencyOf, logHistogram, mean, percentile, spreadOf } from '../measure/statistics.js'
import { goodputOf } from './goodput.js'
import type { LevelPlan } from './levels.js'
import type { Level } from './result.js'
import type { QueryOutcome, QueryTable } from './tally.js'

/** One level in one repeat. */
export interface Measurement {
  outcome: QueryOutcome
  usage: Pick<WorkersUsage, 'clientCores' | 'serverCores'>
}

const HISTOGRAM_BINS = 16

/** All repeats of a level together, and its spread over them. @param goodput limits of a query as typed; null for none */
export function summarizeLevel(
  plan: LevelPlan,
  measurements: readonly Measurement[],
  goodput: string | null,
): Level {
  const outcomes = measurements.map(({ outcome }) => outcome)
  const samples = valuesOf(outcomes, latency)
  const all = latencyOf(samples)
  const count = (figure: (one: QueryOutcome) => number) =>
    outcomes.reduce((sum, one) => sum + figure(one), 0)
  const dropped = count((one) => one.dropped)
  const issued = count(({ table }) => table.count) + dropped
  const wallMs = count((one) => one.wallMs)
  const perRepeat = outcomes.map(summarizeRepeat)
  return {
    ...plan,
    queriesPerSecond: wallMs > 0 ? (samples.length / wallMs) * 1000 : 0,
    meanMs: all.meanMs,
    p50Ms: all.p50Ms,
    p90Ms: all.p90Ms,
    p99Ms: all.p99Ms,
    p999Ms: all.p999Ms,
    latency: all,
    fromSchedule: plan.mode === 'open' ? latencyOf(valuesOf(outcomes, fromSchedule)) : null,
    histogram: logHistogram(samples, HISTOGRAM_BINS),
    recallAtK: mean(valuesOf(outcomes, (table, row) => table.get(row, 'recall'))),
    issued,
    ok: samples.length,
    errors: issued - samples.length,
    errorsByClass: { ...classesOf(outcomes), ...(dropped > 0 ? { dropped } : {}) },
    goodput: goodput === null ? null : { text: goodput, ...goodputOf(goodput, outcomes) },
    steady: steadyOf(outcomes),
    peakInFlight: Math.max(0, ...outcomes.map(({ table }) => peakInFlight(table))),
    repeats: {
      queriesPerSecond: spreadOf(perRepeat.map(({ queriesPerSecond }) => queriesPerSecond)),
      p50Ms: spreadOf(perRepeat.map(({ p50Ms }) => p50Ms)),
      p99Ms: spreadOf(perRepeat.map(({ p99Ms }) => p99Ms)),
    },
    clientCores: mean(measurements.map(({ usage }) => usage.clientCores)) ?? 0,
    serverCores: mean(
      measurements.map(({ usage }) => usage.serverCores).filter((cores) => cores !== null),
    ),
    dispatchLagP99Ms: percentile(lagsOf(outcomes).sort(), 0.99),
  }
}

const latency = (table: QueryTable, row: number) =>
  table.get(row, 'endMs') - table.get(row, 'sentMs')
const fromSchedule = (table: QueryTable, row: number) =>
  table.get(row, 'endMs') - table.get(row, 'dueMs')

/** Of successful queries. */
function valuesOf(
  outcomes: readonly QueryOutcome[],
  figure: (table: QueryTable, row: number) => number,
  keep = (table: QueryTable, row: number) => table.isOk(row),
): Float64Array {
  const parts = outcomes.map(({ table }) =>
    table.values(
      (row) => figure(table, row),
      (row) => keep(table, row),
    ),
  )
  return Float64Array.from(parts.flatMap((part) => [...part]))
}

export function classesOf(outcomes: readonly QueryOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { table } of outcomes)
    for (let row = 0; row < table.count; row++) {
      if (table.isOk(row)) continue
      const name = table.classes[table.get(row, 'errorClass')]
      counts[name] = (counts[name] ?? 0) + 1
    }
  return counts
}

function summarizeRepeat(outcome: QueryOutcome) {
  const samples = valuesOf([outcome], latency)
  const { p50Ms, p99Ms } = latencyOf(samples)
  const { wallMs } = outcome
  return { queriesPerSecond: wallMs > 0 ? (samples.length / wallMs) * 1000 : 0, p50Ms, p99Ms }
}

/** Without the beginning and the end of each repeat. */
function steadyOf(outcomes: readonly QueryOutcome[]): Level['steady'] {
  const windows = outcomes.filter(({ steady }) => steady !== null)
  const durationMs = windows.reduce((sum, { steady }) => sum + steady!.toMs - steady!.fromMs, 0)
  if (durationMs === 0) return null
  const ended = windows.reduce((sum, { table, steady }) => {
    const inside = table.values(
      (row) => table.get(row, 'endMs'),
      (row) => table.isOk(row) && within(table.get(row, 'endMs'), steady!),
    )
    return sum + inside.length
  }, 0)
  const isSteady = (table: QueryTable, row: number) => table.get(row, 'isSteady') === 1
  const { p50Ms, p99Ms } = latencyOf(valuesOf(windows, latency, isSteady))
  return { durationMs, queriesPerSecond: (ended / durationMs) * 1000, p50Ms, p99Ms }
}

function within(atMs: number, { fromMs, toMs }: { fromMs: number; toMs: number }): boolean {
  return atMs >= fromMs && atMs <= toMs
}

function peakInFlight(table: QueryTable): number {
  const sent = table.values((row) => table.get(row, 'sentMs')).sort()
  const ended = table.values((row) => table.get(row, 'endMs')).sort()
  let [peak, next] = [0, 0]
  sent.forEach((atMs, i) => {
    while (next < ended.length && ended[next] <= atMs) next++
    peak = Math.max(peak, i + 1 - next)
  })
  return peak
}
