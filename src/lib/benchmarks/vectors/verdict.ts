import type { VectorPlan } from '../../instrument/vectors/plan.js'
import type { VectorResult } from '../../instrument/vectors/result.js'
import { formatNumber } from '../../platform/units.js'
import type { Judged } from '../verdict.js'

export function judgedOf(
  { errorShareLimit }: Pick<VectorPlan, 'errorShareLimit'>,
  result: VectorResult,
): Judged<VectorResult> {
  const { instrument, errors, thresholds, complete, runId } = result
  return {
    result,
    complete,
    errors: {
      share: errors.share,
      limit: errorShareLimit,
      byClass: Object.entries(errors.byClass),
    },
    saturated: {
      is: instrument.saturated,
      verdict: instrument.verdict,
      finding: instrument.findings[0],
      hints: [`aibench chroma bench --plan ${runId} --concurrency 1,2`],
    },
    thresholds,
    remedy: null,
    again: `aibench chroma bench --plan ${runId}`,
  }
}

/** `3 690 q/s · recall 0.998`: the best level, for the LAST RESULT column. */
export function summaryLine(result: VectorResult): string {
  const { queriesPerSecond, recallAtK } = bestOf(result)
  const recall = recallAtK === null ? '' : ` · recall ${recallAtK.toFixed(3)}`
  return `${formatNumber(queriesPerSecond)} q/s${recall}`
}

/** The same as numbers. */
export function figuresOf(result: VectorResult) {
  const { queriesPerSecond, p50Ms, p99Ms, recallAtK, concurrency } = bestOf(result)
  return {
    ...{ queriesPerSecond, p50Ms, p99Ms, recallAtK, concurrency },
    ingestVectorsPerSecond: result.ingest.vectorsPerSecond,
    errors: result.errors.total,
  }
}

function bestOf({ concurrent, sequential }: VectorResult) {
  return [sequential, ...concurrent].reduce((a, b) =>
    b.queriesPerSecond > a.queriesPerSecond ? b : a,
  )
}
