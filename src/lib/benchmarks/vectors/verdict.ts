import type { VectorResult } from '../../instrument/vectors/result.js'
import { formatNumber } from '../../platform/units.js'
import type { Limits } from '../kind.js'
import type { Judged } from '../verdict.js'

export function judgedOf(
  { errorShareLimit }: Limits,
  { instrument, requests }: VectorResult,
  again: string,
): Judged {
  const { saturated, verdict, findings } = instrument
  return {
    errors: { rate: requests.failed / Math.max(1, requests.issued), limit: errorShareLimit },
    limit: saturated
      ? { verdict, finding: findings[0], hints: [`${again} --concurrency 1,2`] }
      : null,
    invalid: null,
    remedy: null,
    again,
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
  const best = bestOf(result)
  return {
    queriesPerSecond: best.queriesPerSecond,
    p50Ms: best.p50Ms,
    p99Ms: best.p99Ms,
    recallAtK: best.recallAtK,
    concurrency: best.concurrency,
    ingestVectorsPerSecond: result.ingest.vectorsPerSecond,
    errors: result.requests.failed,
  }
}

function bestOf({ concurrent, sequential }: VectorResult) {
  return [sequential, ...concurrent].reduce((a, b) =>
    b.queriesPerSecond > a.queriesPerSecond ? b : a,
  )
}
