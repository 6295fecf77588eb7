import { formatCount, formatSeconds } from '../../platform/units.js'
import type { DatasetPlan, InferencePlan } from './plan.js'
import { describeLoad } from '../load/schedule.js'

/** A plan in words: what the benchmark is going to do. */

/** A step of a search takes this long at least. */
const LEAST_STEP_MS = 10_000
/** Steps that a search takes as a rule: doublings, then halvings. */
const USUAL_STEPS = [4, 10] as const

/** `1 000 requests, Poisson 4/s · 1 024 → 128 tokens · about 4m10s`. */
export function describePlan(plan: InferencePlan): string[] {
  return [
    plan.findMaxRate ? searchWords(plan) : `${countWords(plan)}${describeLoad(plan.load)}`,
    describeDataset(plan.dataset),
    plan.endpoint,
    plan.repeats > 1 && `${plan.repeats} repeats`,
    plan.pairedBaseline && 'each with and without constraints',
    plan.clients > 1 && `${plan.clients} clients`,
    endWords(plan),
  ].filter((part) => part !== false)
}

/** By its name, with its lengths; what only the file can say comes when it was read. */
export function describeDataset(dataset: DatasetPlan): string {
  switch (dataset.kind) {
    case 'random':
      return `random ${lengths(dataset.inputTokens, dataset.outputTokens)}`
    case 'prefix': {
      const { prefixes, prefixTokens, inputTokens, outputTokens } = dataset
      return `${formatCount(prefixes)} shared prefixes of ${formatCount(prefixTokens)}, ${lengths(inputTokens, outputTokens)}`
    }
    case 'multi-turn':
      return `conversations of ${dataset.turns} turns → ${formatCount(dataset.outputTokens)} tokens`
    case 'sharegpt':
    case 'custom':
    case 'trace':
      return `${dataset.kind} ${dataset.path.slice(dataset.path.lastIndexOf('/') + 1)}`
    default:
      return `${dataset.kind} → ${formatCount(dataset.outputTokens)} tokens`
  }
}

function lengths(inputTokens: number, outputTokens: number): string {
  return `${formatCount(inputTokens)} → ${formatCount(outputTokens)} tokens`
}

/** With a duration the number of requests is a bound that nobody meets. */
function countWords({ numPrompts, durationMs, load, dataset }: InferencePlan): string {
  if (load.kind === 'trace' && dataset.kind === 'trace') return ''
  return durationMs === null ? `${formatCount(numPrompts)} requests, ` : ''
}

function searchWords({ load, slo }: InferencePlan): string {
  const rate = load.kind === 'rate' ? ` from ${load.ratePerSecond}/s on` : ''
  return `highest rate${rate} that keeps ${slo.join(' and ')}`
}

function endWords(plan: InferencePlan): string {
  if (plan.findMaxRate) {
    const stepMs = plan.durationMs ?? LEAST_STEP_MS
    const [few, many] = USUAL_STEPS.map((steps) => formatSeconds((steps * stepMs) / 1000))
    return `steps of ${formatSeconds(stepMs / 1000)}, mostly ${few} to ${many} in all`
  }
  const repeatMs = scheduledMs(plan)
  if (repeatMs === null) return 'as fast as answers come'
  const repeats = plan.repeats * (plan.pairedBaseline ? 2 : 1)
  return `about ${formatSeconds((repeatMs * repeats + (plan.warmup.durationMs ?? 0)) / 1000)}`
}

/** Of a repeat, by its schedule; null when only the server's speed decides. */
export function scheduledMs({ load, durationMs, numPrompts }: InferencePlan): number | null {
  const byRate = load.kind === 'rate' ? (numPrompts / load.ratePerSecond) * 1000 : null
  const ms = load.kind === 'ramp' ? rampMs(load, numPrompts) : byRate
  if (durationMs === null) return ms
  return ms === null ? durationMs : Math.min(ms, durationMs)
}

/** Until its end, or until the number of requests has come: n = from·t + slope·t²/2. */
function rampMs(
  {
    fromPerSecond: from,
    toPerSecond: to,
    overMs,
  }: Extract<InferencePlan['load'], { kind: 'ramp' }>,
  requests: number,
): number {
  const slope = (to - from) / (overMs / 1000)
  const root = from * from + 2 * slope * requests
  if (root < 0) return overMs
  return Math.min(overMs, ((2 * requests) / (from + Math.sqrt(root))) * 1000)
}
