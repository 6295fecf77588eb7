import type { VectorPlan } from '../../bench/vectors/plan.js'
import type { VectorResult } from '../../bench/vectors/result.js'
import {
  InstrumentError,
  InterruptedError,
  JobFailedError,
  ThresholdError,
} from '../../platform/errors.js'
import { formatNumber } from '../../platform/units.js'
import type { Run } from '../../state/schema.js'
import type { Context } from '../contract.js'
import { jobFailed } from '../lifecycle/outcome.js'
import type { Observation } from '../lifecycle/observe.js'
import { watchEnd } from '../lifecycle/stop.js'
import type { Target } from './bench-target.js'

export function verdictOf(result: VectorResult): Run['verdict'] {
  if (!result.complete) return 'interrupted'
  if (result.instrument.saturated) return 'instrument-saturated'
  return result.thresholds.every(({ met }) => met) ? 'ok' : 'threshold-missed'
}

/** `3 690 q/s · recall 0.998`: the best level, for the LAST RESULT column. */
export function summaryLine({ concurrent, sequential }: VectorResult): string {
  const best = [sequential, ...concurrent].reduce((a, b) =>
    b.queriesPerSecond > a.queriesPerSecond ? b : a,
  )
  const recall = best.recallAtK === null ? '' : ` · recall ${best.recallAtK.toFixed(3)}`
  return `${formatNumber(best.queriesPerSecond)} q/s${recall}`
}

/** The client sees a server go before the scheduler does: a job that ends, ends within this. */
const END_MS = 5_000

/** @throws JobFailedError with how the server's job ended, if it did */
export async function failIfJobEnded(
  context: Context,
  observation: Observation | null,
  data: unknown,
): Promise<void> {
  if (!observation) return
  const { instance } = await watchEnd(context, observation.instance, END_MS, 500)
  if (instance.phase === 'ended') throw await jobFailed(instance, 'during the benchmark', data)
}

/** Measured; but is it a success? The order says what matters most: a server that died, errors, the instrument, thresholds. */
export async function judge(
  context: Context,
  plan: VectorPlan,
  { observation }: Target,
  result: VectorResult,
): Promise<VectorResult> {
  const again = `aibench chroma bench --plan ${result.runId}`
  if (!result.complete && context.signal.aborted)
    throw new InterruptedError('SIGINT', { data: result, hints: [again] })
  if (!result.complete || result.errors.share > plan.errorShareLimit) {
    await failIfJobEnded(context, observation, result)
    const classes = Object.entries(result.errors.byClass).map(([name, n]) => `${name} ${n}`)
    throw new JobFailedError(
      `${formatNumber(result.errors.share * 100)} % of the requests failed, more than ${plan.errorShareLimit * 100} %`,
      { code: 'AIB_ERROR_SHARE', evidence: classes.join(' · '), hints: [again], data: result },
    )
  }
  if (result.instrument.saturated)
    throw new InstrumentError('The instrument was the limit: these are not the server’s figures', {
      evidence: result.instrument.findings[0],
      hints: ['aibench chroma bench --concurrency 1,2', 'aibench chroma bench --client raw'],
      data: result,
    })
  const missed = result.thresholds.filter(({ met }) => !met)
  if (missed.length > 0)
    throw new ThresholdError(`Missed: ${missed.map(({ text }) => text).join(', ')}`, {
      hints: [again],
      data: result,
    })
  return result
}
