import type { InferencePlan } from '../../bench/inference/plan.js'
import type { InferenceResult } from '../../bench/inference/result.js'
import type { InstrumentVerdict } from '../../platform/verdicts.js'
import { formatLatency, formatNumber } from '../../platform/units.js'
import type { Judged } from '../benchmark/verdict.js'

export function judgedOf(
  { errorShareLimit }: Pick<InferencePlan, 'errorShareLimit'>,
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
    again,
  }
}

/** A search that the client ended is no measurement of the server, however fine its best step was. */
function saturatedOf({ instrument, search }: InferenceResult, again: string) {
  const step = search?.steps.findLast(({ valid }) => !valid)
  const verdict =
    search?.boundBy === 'client' && step ? (step.verdict as InstrumentVerdict) : instrument.verdict
  return {
    is: instrument.saturated || search?.boundBy === 'client',
    verdict,
    finding:
      search?.boundBy === 'client' && step
        ? `at ${formatNumber(step.ratePerSecond)}/s: ${step.reason}`
        : instrument.findings[0],
    hints: hintsFor(verdict, again),
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
