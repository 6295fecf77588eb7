import type { InferencePlan } from '../../instrument/inference/plan.js'
import type { InferenceResult } from '../../instrument/inference/result.js'
import type { InstrumentVerdict } from '../../platform/verdicts.js'
import { formatLatency, formatNumber } from '../../platform/units.js'
import type { Limits } from '../kind.js'
import type { Judged } from '../verdict.js'

export function judgedOf(
  { errorRateLimit, load, findMaxRate }: Limits & Partial<InferencePlan>,
  result: InferenceResult,
  again: string,
): Judged {
  const { requests } = result
  // Nothing answered is a failure, also when nothing was issued.
  const rate = requests.ok === 0 ? 1 : requests.failed / requests.issued
  return {
    errors: { rate, limit: errorRateLimit },
    limit: limitOf(result, again),
    invalid: null,
    remedy: load?.kind === 'rate' && !findMaxRate ? `${again} --find-max-rate` : null,
    again,
  }
}

/** A search that the client ended is no measurement of the server, however fine its best step was. */
function limitOf({ instrument, search }: InferenceResult, again: string): Judged['limit'] {
  const step = search?.steps.findLast(({ valid }) => !valid)
  const isBound = search?.boundBy === 'client' && step !== undefined
  if (!isBound && !instrument.saturated) return null
  const verdict = isBound ? (step.verdict as InstrumentVerdict) : instrument.verdict
  const { advice } = instrument
  return {
    verdict,
    finding: isBound
      ? `the search ended at the client’s limit, not the server’s: at ${formatNumber(step.ratePerSecond)}/s ${step.reason}`
      : instrument.findings[0],
    hints: [verdict === 'client-bound' && advice ? `${again} ${advice}` : again],
  }
}

/** `508 tok/s · TTFT p99 412 ms`, for the LAST RESULT column. */
export function summaryLine({ throughput, metrics, simulated }: InferenceResult): string {
  const { p99 } = metrics.ttftMs
  return [
    simulated && 'SIMULATED',
    `${formatNumber(throughput.outputTokensPerSecond)} tok/s`,
    p99 !== null && `TTFT p99 ${formatLatency(p99)}`,
  ]
    .filter(Boolean)
    .join(' · ')
}

/** The same as numbers. */
export function figuresOf({ throughput, metrics, requests, search, goodput }: InferenceResult) {
  return {
    outputTokensPerSecond: throughput.outputTokensPerSecond,
    requestsPerSecond: throughput.requestsPerSecond,
    ttftP50Ms: metrics.ttftMs.p50,
    ttftP99Ms: metrics.ttftMs.p99,
    tpotMeanMs: metrics.tpotMs.mean,
    e2eP99Ms: metrics.e2eMs.p99,
    failed: requests.failed,
    ...(goodput ? { goodputPerSecond: goodput.perSecond } : {}),
    ...(search ? { maxRatePerSecond: search.maxRatePerSecond } : {}),
  }
}
