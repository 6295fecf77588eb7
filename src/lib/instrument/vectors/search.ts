import type { Attempt } from '../load/search.js'
import { judgeThresholds, parseThreshold } from '../measure/thresholds.js'
import { VECTOR_METRICS } from './metrics.js'
import type { VectorResult } from './result.js'
import type { QueryOutcome } from './tally.js'

export interface StepFigures {
  p99Ms: number | null
  recallAtK: number | null
}

/** A repeat at one rate as the search looks at it; the result is of that rate alone. @param slo thresholds as typed */
export function attemptOf(
  result: VectorResult,
  { table, wallMs }: Pick<QueryOutcome, 'table' | 'wallMs'>,
  slo: readonly string[],
): Attempt<VectorResult, StepFigures> {
  const [level] = result.concurrent
  const thresholds = slo.map((text) => parseThreshold(text, VECTOR_METRICS))
  const judged = judgeThresholds(thresholds, VECTOR_METRICS, result)
  return {
    result,
    missed: judged.filter(({ met }) => !met).map(({ text }) => text),
    requests: { issued: level.issued, failed: level.errors },
    instrument: result.instrument,
    achievedPerSecond: level.queriesPerSecond,
    peakConcurrency: level.peakInFlight ?? 0,
    lastResponsesMs: level.p99Ms ?? 0,
    scheduledMs: table.values((row) => table.get(row, 'dueMs')).at(-1) ?? 0,
    wallMs,
    own: { p99Ms: level.p99Ms, recallAtK: level.recallAtK },
  }
}
