import type { VectorResult } from '../../instrument/vectors/result.js'
import type { VectorPlan } from '../../instrument/vectors/plan.js'
import type { InstrumentVerdict } from '../../platform/verdicts.js'
import { formatNumber } from '../../platform/units.js'
import type { Limits } from '../kind.js'
import type { Judged } from '../verdict.js'

export function judgedOf(
  { errorRateLimit, ratePerSecond, findMaxRate }: Limits & Partial<VectorPlan>,
  result: VectorResult,
  again: string,
): Judged {
  const { requests } = result
  return {
    errors: { rate: requests.failed / Math.max(1, requests.issued), limit: errorRateLimit },
    limit: limitOf(result, again),
    invalid: null,
    remedy: ratePerSecond != null && !findMaxRate ? `${again} --find-max-rate` : null,
    again,
  }
}

/** A search that the client ended is no measurement of the server, however fine its best step was. */
function limitOf({ instrument, search }: VectorResult, again: string): Judged['limit'] {
  const step = search?.steps.findLast(({ valid }) => !valid)
  const isBound = search?.boundBy === 'client' && step !== undefined
  if (!isBound && !instrument.saturated) return null
  const verdict = isBound ? (step.verdict as InstrumentVerdict) : instrument.verdict
  const { advice, findings } = instrument
  const fewer = search ? again : `${again} --concurrency 1,2`
  return {
    verdict,
    finding: isBound
      ? `the search ended at the client’s limit, not the server’s: at ${formatNumber(step.ratePerSecond)}/s ${step.reason}`
      : findings[0],
    hints: verdict === 'client-bound' && advice ? [`${again} ${advice}`, fewer] : [fewer],
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
    ...(result.search ? { maxRatePerSecond: result.search.maxRatePerSecond } : {}),
    ...(best.goodput ? { goodputPerSecond: best.goodput.perSecond } : {}),
  }
}

function bestOf({ concurrent, sequential }: VectorResult) {
  return [sequential, ...concurrent].reduce((a, b) =>
    b.queriesPerSecond > a.queriesPerSecond ? b : a,
  )
}
