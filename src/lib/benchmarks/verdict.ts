import {
  InstrumentError,
  InterruptedError,
  JobFailedError,
  ThresholdError,
} from '../platform/errors.js'
import type { JudgedThreshold } from '../instrument/measure/thresholds.js'
import { formatLatency, formatNumber } from '../platform/units.js'
import type { InstrumentVerdict } from '../platform/verdicts.js'
import type { Run } from '../state/schema.js'
import type { Context } from '../jobs/contract.js'
import { jobFailed } from '../jobs/outcome.js'
import type { Observation } from '../jobs/observation.js'
import { watchEnd } from '../jobs/stop.js'

/** What a verdict on any benchmark's result rests on. */
export interface Judged<Result> {
  result: Result
  complete: boolean
  errors: { share: number; limit: number; byClass: readonly (readonly [string, number])[] }
  saturated: {
    is: boolean
    verdict: InstrumentVerdict
    finding: string
    hints: readonly string[]
  }
  thresholds: readonly JudgedThreshold[]
  /** What to try where a threshold was missed; null when only the server can be changed. */
  remedy: string | null
  /** The command that repeats it. */
  again: string
}

export function verdictOf<Result>(judged: Judged<Result>): Run['verdict'] {
  if (!judged.complete) return 'interrupted'
  if (judged.errors.share > judged.errors.limit) return 'failed'
  if (judged.saturated.is) return judged.saturated.verdict
  return judged.thresholds.every(({ met }) => met) ? 'ok' : 'threshold-missed'
}

/** The client sees a server go before the scheduler does: a job that ends, ends within this. */
const END_MS = 5_000

/** Refusals in good order, and what came after a long time: a server that died with these has ended before they were counted. */
const OF_THE_LIVING = /^http_4|_timeout$/

/** @throws JobFailedError with how the server's job ended, if it did */
export async function failIfJobEnded(
  context: Context,
  observation: Observation | null,
  data: unknown,
  withinMs = END_MS,
): Promise<void> {
  if (!observation) return
  const { instance } = await watchEnd(context, observation.instance, withinMs, 500)
  if (instance.phase === 'ended')
    throw await jobFailed(context, instance, 'during the benchmark', data)
}

/** Measured; but is it a success? The order says what matters most: a server that died, errors, the instrument, thresholds. */
export async function judge<Result>(
  context: Context,
  observation: Observation | null,
  { result, complete, errors, saturated, thresholds, remedy, again }: Judged<Result>,
): Promise<Result> {
  if (!complete && context.signal.aborted)
    throw InterruptedError.of(context.signal, { data: result, hints: [again] })
  if (!complete && errors.share <= errors.limit) {
    await failIfJobEnded(context, observation, result)
    throw new JobFailedError('The measuring process was told to stop, and not by this command', {
      code: 'AIB_WORKER_STOPPED',
      hints: [again],
      data: result,
    })
  }
  if (!complete || errors.share > errors.limit) {
    const isAlive = complete && errors.byClass.every(([name]) => OF_THE_LIVING.test(name))
    await failIfJobEnded(context, observation, result, isAlive ? 0 : END_MS)
    throw new JobFailedError(
      `${formatNumber(errors.share * 100)} % of the requests failed, more than ${errors.limit * 100} %`,
      {
        code: 'AIB_ERROR_SHARE',
        evidence: errors.byClass.map(([name, count]) => `${name} ${count}`).join(' · '),
        hints: [again],
        data: result,
      },
    )
  }
  if (saturated.is)
    throw new InstrumentError(sentence(saturated.finding.split(';')[0]), {
      hints: saturated.hints,
      data: result,
    })
  const missed = thresholds.filter(({ met }) => !met)
  if (missed.length > 0)
    throw new ThresholdError(`Threshold missed: ${missed.map(missedText).join(', ')}`, {
      hints: remedy === null ? [] : [remedy],
      data: result,
    })
  return result
}

/** `TTFT p99 < 500 ms is 812 ms`. */
function missedText({ label, measured, unit }: JudgedThreshold): string {
  if (measured === null) return `${label} was not measured`
  return `${label} is ${unit === 'ms' ? formatLatency(measured) : formatNumber(measured) + unit}`
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
