import type { InferencePlan } from '../../bench/inference/plan.js'
import type { InferenceResult } from '../../bench/inference/result.js'
import { formatLatency, formatNumber } from '../../platform/units.js'
import type { Judged } from '../benchmark/verdict.js'

export function judgedOf(
  { errorShareLimit }: Pick<InferencePlan, 'errorShareLimit'>,
  result: InferenceResult,
): Judged<InferenceResult> {
  const { instrument, errors, requests, thresholds, complete, runId } = result
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
    saturated: {
      is: instrument.saturated,
      verdict: instrument.verdict,
      finding: instrument.findings[0],
      hints: hintsFor(instrument.verdict, again),
    },
    thresholds,
    again,
  }
}

/** More clients help one that is full; one that something else kept waiting needs a quieter machine. */
function hintsFor(verdict: InferenceResult['instrument']['verdict'], again: string): string[] {
  return verdict === 'late'
    ? [`${again}   (when less runs beside it)`, 'aibench vllm bench --self-test']
    : ['aibench vllm bench --clients 2', 'aibench vllm bench --self-test']
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
