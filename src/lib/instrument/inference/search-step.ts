import type { Attempt } from '../load/search.js'
import { judgeThresholds, parseThreshold } from '../measure/thresholds.js'
import { INFERENCE_METRICS } from './metrics.js'
import type { InferenceResult } from './result.js'
import type { InferenceOutcome } from './tally.js'

/** A repeat at one rate as the search looks at it. @param slo thresholds as typed */
export function attemptOf(
  result: InferenceResult,
  { table, wallMs }: Pick<InferenceOutcome, 'table' | 'wallMs'>,
  slo: readonly string[],
): Attempt<InferenceResult, { ttftP99Ms: number | null }> {
  const { requests, instrument, throughput, metrics } = result
  const thresholds = slo.map((text) => parseThreshold(text, INFERENCE_METRICS))
  const judged = judgeThresholds(thresholds, INFERENCE_METRICS, result)
  return {
    result,
    missed: judged.filter(({ met }) => !met).map(({ text }) => text),
    requests,
    instrument,
    achievedPerSecond: throughput.requestsPerSecond,
    peakConcurrency: throughput.peakConcurrency,
    lastResponsesMs: metrics.e2eMs.p99 ?? 0,
    scheduledMs: table.values((row) => table.get(row, 'dueMs')).reduce(larger, 0),
    wallMs,
    own: { ttftP99Ms: metrics.ttftMs.p99 },
  }
}

const larger = (a: number, b: number) => Math.max(a, b)
