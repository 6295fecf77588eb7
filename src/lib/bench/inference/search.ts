import { INFERENCE_METRICS } from './metrics.js'
import { judgeThresholds, parseThreshold } from '../thresholds.js'
import type { InferenceResult } from './result.js'
import { MOST_STEPS } from './schedule.js'

/** One rate, tried. */
export interface Trial {
  ratePerSecond: number
  result: InferenceResult
}
export type SearchStep = NonNullable<InferenceResult['search']>['steps'][number]

/** Ends when the highest rate that held and the lowest that did not are this near. */
const CLOSE = 1.05
/** Below this share of what was asked for, the server (or the client) did not keep up, whatever the latencies say. */
const KEPT_UP = 0.8

/**
 * The highest rate at which every threshold holds: doubled (or halved) until one holds and one does not, then halved in between, by the
 * geometric mean. A step counts only when the instrument was fine; one that was not ends the search upwards.
 */
export async function findMaxRate(
  firstRate: number,
  slo: readonly string[],
  attempt: (ratePerSecond: number) => Promise<InferenceResult>,
  isStopped: () => boolean,
): Promise<{ best: Trial | null; last: Trial | null; steps: SearchStep[] }> {
  const steps: SearchStep[] = []
  let [best, last]: [Trial | null, Trial | null] = [null, null]
  let [low, high] = [0, Infinity]
  for (let rate = firstRate; steps.length < MOST_STEPS && !isStopped();) {
    const result = await attempt(rate)
    const step = stepOf(rate, result, slo)
    steps.push(step)
    last = { ratePerSecond: rate, result }
    if (step.met && step.valid) {
      low = rate
      best = last
    } else high = rate
    if (high / low <= CLOSE) break
    rate = low === 0 ? rate / 2 : high === Infinity ? rate * 2 : Math.sqrt(low * high)
  }
  return { best, last, steps }
}

function stepOf(
  ratePerSecond: number,
  result: InferenceResult,
  slo: readonly string[],
): SearchStep {
  const thresholds = slo.map((text) => parseThreshold(text, INFERENCE_METRICS))
  const achievedPerSecond = result.throughput.requestsPerSecond
  const isMet = judgeThresholds(thresholds, INFERENCE_METRICS, result).every(({ met }) => met)
  return {
    ratePerSecond,
    met: isMet && result.requests.failed === 0 && achievedPerSecond >= ratePerSecond * KEPT_UP,
    valid: !result.instrument.saturated,
    achievedPerSecond,
    ttftP99Ms: result.metrics.ttftMs.p99,
  }
}
