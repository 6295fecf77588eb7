import { INFERENCE_METRICS } from './metrics.js'
import { judgeThresholds, parseThreshold } from '../thresholds.js'
import type { InferenceResult } from './result.js'
import { MOST_STEPS } from './schedule.js'

/** What a pass at one rate gave. */
export interface Attempt {
  result: InferenceResult
  /** From the start to when the last request was due, and to the last end. */
  scheduledMs: number
  wallMs: number
}
/** One rate, tried. */
export interface Trial extends Attempt {
  ratePerSecond: number
}
export type SearchStep = NonNullable<InferenceResult['search']>['steps'][number]

/** Ends when the highest rate that held and the lowest that did not are this near. */
const CLOSE = 1.05
/** A server that needs this much longer than the arrivals took, beside the time of its last answers, did not keep up with them. */
const BACKLOG_SHARE = 0.2

/**
 * The highest rate at which every threshold holds: doubled (or halved) until one holds and one does not, then halved in between, by the
 * geometric mean. A step counts only when the instrument was fine; one that was not ends the search upwards.
 */
export async function findMaxRate(
  firstRate: number,
  slo: readonly string[],
  attempt: (ratePerSecond: number) => Promise<Attempt>,
  isStopped: () => boolean,
): Promise<{ best: Trial | null; last: Trial | null; steps: SearchStep[] }> {
  const steps: SearchStep[] = []
  let [best, last]: [Trial | null, Trial | null] = [null, null]
  let [low, high] = [0, Infinity]
  for (let rate = firstRate; steps.length < MOST_STEPS && !isStopped();) {
    last = { ratePerSecond: rate, ...(await attempt(rate)) }
    const step = stepOf(last, slo)
    steps.push(step)
    if (step.met && step.valid) {
      low = rate
      best = last
    } else high = rate
    if (high / low <= CLOSE) break
    // One request alone misses it already: at a lower rate it is as alone.
    if (low === 0 && last.result.throughput.peakConcurrency <= 1) break
    rate = low === 0 ? rate / 2 : high === Infinity ? rate * 2 : Math.sqrt(low * high)
  }
  return { best, last, steps }
}

function stepOf(trial: Trial, slo: readonly string[]): SearchStep {
  const { ratePerSecond, result, scheduledMs, wallMs } = trial
  const thresholds = slo.map((text) => parseThreshold(text, INFERENCE_METRICS))
  const lastAnswersMs = result.metrics.e2eMs.p99 ?? 0
  const keptUp = wallMs <= scheduledMs * (1 + BACKLOG_SHARE) + lastAnswersMs
  const isMet = judgeThresholds(thresholds, INFERENCE_METRICS, result).every(({ met }) => met)
  return {
    ratePerSecond,
    met: isMet && result.requests.failed === 0 && keptUp,
    valid: !result.instrument.saturated,
    achievedPerSecond: result.throughput.requestsPerSecond,
    ttftP99Ms: result.metrics.ttftMs.p99,
  }
}
