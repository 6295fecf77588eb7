import type { InferencePlan } from '../../instrument/inference/plan.js'
import type { InferenceResult } from '../../instrument/inference/result.js'
import type { InstrumentVerdict } from '../../platform/verdicts.js'
import { formatLatency, formatNumber } from '../../platform/units.js'
import type { Judged } from '../verdict.js'

export function judgedOf(
  {
    errorShareLimit,
    load,
    findMaxRate,
  }: Pick<InferencePlan, 'errorShareLimit'> & Partial<InferencePlan>,
  result: InferenceResult,
): Judged<InferenceResult> {
  const { errors, requests, thresholds, complete, runId } = result
  const again = `aibench vllm bench --plan ${runId}`
  return {
    result,
    complete,
    errors: {
      // Nothing answered is a failure, also when nothing was issued.
      share: requests.ok === 0 ? 1 : requests.failed / requests.issued,
      limit: errorShareLimit,
      byClass: errors.map((one) => [one.class, one.count]),
    },
    saturated: saturatedOf(result, again),
    thresholds,
    remedy: load?.kind === 'rate' && !findMaxRate ? `${again} --find-max-rate` : null,
    again,
  }
}

/** A search that the client ended is no measurement of the server, however fine its best step was. */
function saturatedOf(
  { instrument, search }: InferenceResult,
  again: string,
): Judged<InferenceResult>['saturated'] {
  const step = search?.steps.findLast(({ valid }) => !valid)
  const isBound = search?.boundBy === 'client' && step !== undefined
  const verdict = isBound ? (step.verdict as InstrumentVerdict) : instrument.verdict
  const { advice } = instrument
  return {
    is: isBound || instrument.saturated,
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
