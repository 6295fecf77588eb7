import { LogHistogram } from '../measure/log-histogram.js'
import { mean } from '../measure/statistics.js'
import type { InferenceOutcome } from './tally.js'
import { distributionFrom, distributionOf } from './distributions.js'
import { figures, type InferenceTable } from './request-table.js'
import type { Metrics, Throughput } from './result.js'
import type { ClientCount } from './server-check.js'

/** The outcomes of some repeats, as figures. */
export function metricsOf(outcomes: readonly InferenceOutcome[], isOpen: boolean): Metrics {
  return metrics(
    outcomes.map(({ table }) => ({ table, keep: (row: number) => table.isOk(row) })),
    outcomes.map(({ tally }) => tally.itl),
    outcomes.map(({ tally }) => tally.chunkGap),
    isOpen,
  )
}

/** Of the requests that were sent and ended in the steady windows only. */
export function steadyMetricsOf(outcomes: readonly InferenceOutcome[], isOpen: boolean): Metrics {
  return metrics(
    outcomes.map(({ table }) => ({ table, keep: (row) => table.get(row, 'isSteady') === 1 })),
    outcomes.map(({ tally }) => tally.steadyItl),
    outcomes.map(({ tally }) => tally.steadyChunkGap),
    isOpen,
  )
}

interface Part {
  table: InferenceTable
  keep(row: number): boolean
}

type FigureName = Exclude<keyof ReturnType<typeof figures>, 'lag'>

function metrics(
  parts: readonly Part[],
  itls: readonly LogHistogram[],
  chunkGaps: readonly LogHistogram[],
  isOpen: boolean,
): Metrics {
  const of = (name: FigureName) => {
    const samples = parts.map(({ table, keep }) => table.values(figures(table)[name], keep))
    return distributionOf(
      concatenated(samples),
      samples.map((values) => mean(values) ?? NaN),
    )
  }
  return {
    ttftMs: of('ttft'),
    ttfoMs: of('ttfo'),
    tpotMs: of('tpot'),
    itlMs: distributionFrom(merged(itls)),
    chunkGapMs: distributionFrom(merged(chunkGaps)),
    e2eMs: of('e2e'),
    fromSchedule: isOpen ? { ttftMs: of('ttftFromSchedule'), e2eMs: of('e2eFromSchedule') } : null,
  }
}

function merged(histograms: readonly LogHistogram[]): LogHistogram {
  const all = new LogHistogram()
  for (const histogram of histograms) all.merge(histogram)
  return all
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Over all of each repeat: from its start to its last end. */
export function throughputOf(outcomes: readonly InferenceOutcome[]): Throughput {
  return throughput(
    outcomes.map(({ table, wallMs }) => ({ table, window: { fromMs: 0, toMs: wallMs } })),
  )
}

/** Over the steady windows: of a request that reaches beyond, the part inside, as if its tokens came evenly. */
export function steadyThroughputOf(outcomes: readonly InferenceOutcome[]): Throughput {
  return throughput(
    outcomes
      .filter(({ steady }) => steady !== null)
      .map(({ table, steady }) => ({ table, window: steady! })),
  )
}

interface Window {
  fromMs: number
  toMs: number
}

function throughput(parts: readonly { table: InferenceTable; window: Window }[]): Throughput {
  const sum = { durationMs: 0, requests: 0, input: 0, output: 0, inFlightMs: 0 }
  let [isEstimated, peak] = [false, 0]
  for (const { table, window } of parts) {
    sum.durationMs += window.toMs - window.fromMs
    for (let row = 0; row < table.count; row++) {
      sum.inFlightMs += overlapMs(table.get(row, 'sentMs'), table.get(row, 'endMs'), window)
      if (!table.isOk(row)) continue
      const [first, last] = [table.get(row, 'firstMs'), table.get(row, 'lastMs')]
      const share = last > first ? overlapMs(first, last, window) / (last - first) : inside(last)
      function inside(atMs: number): number {
        return atMs >= window.fromMs && atMs <= window.toMs ? 1 : 0
      }
      sum.requests += inside(table.get(row, 'endMs'))
      sum.output += share * table.get(row, 'outputTokens')
      const input = table.get(row, 'inputTokens')
      if (!Number.isNaN(first) && !Number.isNaN(input)) sum.input += inside(first) * input
      isEstimated ||= table.get(row, 'isEstimated') === 1
    }
    peak = Math.max(peak, peakInFlight(table, window))
  }
  const seconds = Math.max(sum.durationMs, 1e-3) / 1000
  return {
    durationMs: sum.durationMs,
    requestsPerSecond: sum.requests / seconds,
    inputTokensPerSecond: sum.input / seconds,
    outputTokensPerSecond: sum.output / seconds,
    totalTokensPerSecond: (sum.input + sum.output) / seconds,
    tokensFrom: isEstimated ? 'estimated' : 'usage',
    inputTokens: Math.round(sum.input),
    outputTokens: Math.round(sum.output),
    peakConcurrency: peak,
    meanConcurrency: sum.durationMs > 0 ? sum.inFlightMs / sum.durationMs : 0,
  }
}

function overlapMs(fromMs: number, toMs: number, window: Window): number {
  return Math.max(0, Math.min(toMs, window.toMs) - Math.max(fromMs, window.fromMs))
}

function peakInFlight(table: InferenceTable, window: Window): number {
  const sent = table.values((row) => table.get(row, 'sentMs')).sort()
  const ended = table.values((row) => table.get(row, 'endMs')).sort()
  let [inFlight, peak, next] = [0, 0, 0]
  for (const atMs of sent) {
    while (next < ended.length && ended[next] <= atMs) {
      next++
      inFlight--
    }
    inFlight++
    if (atMs >= window.fromMs && atMs <= window.toMs) peak = Math.max(peak, inFlight)
  }
  return peak
}

/** Over all repeats, for the comparison with the server's own counters. */
export function clientCountOf(outcomes: readonly InferenceOutcome[]): ClientCount {
  const count = { ok: 0, failed: 0, inputTokens: 0, outputTokens: 0, hasUsage: true }
  for (const { table } of outcomes)
    for (let row = 0; row < table.count; row++) {
      if (!table.isOk(row)) {
        count.failed++
        continue
      }
      count.ok++
      count.inputTokens += table.get(row, 'inputTokens') || 0
      count.outputTokens += table.get(row, 'outputTokens')
      count.hasUsage &&= table.get(row, 'isEstimated') === 0
    }
  const { ttftMs, e2eMs } = metricsOf(outcomes, false)
  return { ...count, ttftMeanMs: ttftMs.mean, e2eMeanMs: e2eMs.mean }
}
