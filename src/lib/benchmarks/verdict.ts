import {
  InstrumentError,
  InterruptedError,
  JobFailedError,
  ThresholdError,
} from '../platform/errors.js'
import type { Envelope } from '../instrument/measure/envelope.js'
import type { JudgedThreshold } from '../instrument/measure/thresholds.js'
import { formatLatency, formatNumber } from '../platform/units.js'
import type { InstrumentVerdict } from '../platform/verdicts.js'
import type { Run } from '../state/schema.js'
import type { Context } from '../jobs/contract.js'
import { jobFailed } from '../jobs/outcome.js'
import type { Observation } from '../jobs/observation.js'
import { watchEnd } from '../jobs/stop.js'

/** What a verdict on a result rests on, besides what every result says. */
export interface Judged {
  errors: { rate: number; limit: number }
  /** The client was the limit; null when it was not. */
  limit: {
    verdict: InstrumentVerdict
    finding: string
    hints: readonly string[]
  } | null
  /** Why it does not count by the benchmark's own rules; null when it does, or there are none. */
  invalid: string | null
  /** What to try where a threshold was missed; null when only the server can be changed. */
  remedy: string | null
  /** The command that repeats it. */
  again: string
}

type Measured = Pick<Envelope, 'complete' | 'thresholds' | 'errors'>

export function verdictOf(result: Measured, { errors, limit, invalid }: Judged): Run['verdict'] {
  if (!result.complete) return 'interrupted'
  if (errors.rate > errors.limit) return 'failed'
  if (invalid !== null) return 'invalid'
  if (limit) return limit.verdict
  return result.thresholds.every(({ met }) => met) ? 'ok' : 'threshold-missed'
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
export async function judge<Result extends Measured>(
  context: Context,
  observation: Observation | null,
  result: Result,
  { errors, limit, invalid, remedy, again }: Judged,
): Promise<Result> {
  const { complete, thresholds } = result
  if (!complete && context.signal.aborted)
    throw InterruptedError.of(context.signal, { data: result, hints: [again] })
  if (!complete && errors.rate <= errors.limit) {
    await failIfJobEnded(context, observation, result)
    throw new JobFailedError('The measuring process was told to stop, and not by this command', {
      code: 'AIB_WORKER_STOPPED',
      hints: [again],
      data: result,
    })
  }
  if (!complete || errors.rate > errors.limit) {
    const isAlive = complete && result.errors.every((one) => OF_THE_LIVING.test(one.class))
    await failIfJobEnded(context, observation, result, isAlive ? 0 : END_MS)
    throw new JobFailedError(
      `${formatNumber(errors.rate * 100)} % of the requests failed, more than ${errors.limit * 100} %`,
      {
        code: 'AIB_ERROR_SHARE',
        evidence: result.errors.map((one) => `${one.class} ${one.count}`).join(' · '),
        hints: [again],
        data: result,
      },
    )
  }
  if (invalid !== null)
    throw new JobFailedError(`The result does not count: ${invalid}`, {
      code: 'AIB_INVALID_RUN',
      hints: [again],
      data: result,
    })
  if (limit)
    throw new InstrumentError(sentence(limit.finding.split(';')[0]), {
      hints: limit.hints,
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
