import type { InferencePlan } from '../../bench/inference/plan.js'
import type { InferenceResult } from '../../bench/inference/result.js'
import { formatLatency, formatNumber } from '../../platform/units.js'
import type { Judged } from '../benchmark/verdict.js'

export function judgedOf(
  { errorShareLimit }: InferencePlan,
  result: InferenceResult,
): Judged<InferenceResult> {
  const { instrument, errors, requests, thresholds, complete, runId } = result
  return {
    result,
    complete,
    errors: {
      // Nothing answered is a failure, also when nothing was issued.
      share: requests.ok === 0 ? 1 : requests.failed / requests.issued,
      limit: errorShareLimit,
      byClass: errors.map((one) => [one.class, one.count]),
    },
    saturated: {
      is: instrument.saturated,
      finding: instrument.findings[0],
      hints: ['aibench vllm bench --clients 2', 'aibench vllm bench --self-test'],
    },
    thresholds,
    again: `aibench vllm bench --plan ${runId}`,
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
