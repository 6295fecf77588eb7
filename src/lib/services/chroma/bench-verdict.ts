import type { VectorPlan } from '../../bench/vectors/plan.js'
import type { VectorResult } from '../../bench/vectors/result.js'
import { formatNumber } from '../../platform/units.js'
import type { Judged } from '../benchmark/verdict.js'

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
export function summaryLine({ concurrent, sequential }: VectorResult): string {
  const best = [sequential, ...concurrent].reduce((a, b) =>
    b.queriesPerSecond > a.queriesPerSecond ? b : a,
  )
  const recall = best.recallAtK === null ? '' : ` · recall ${best.recallAtK.toFixed(3)}`
  return `${formatNumber(best.queriesPerSecond)} q/s${recall}`
}
