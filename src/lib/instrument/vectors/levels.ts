import { scheduleFor, closedLoop, type Schedule } from '../load/schedule.js'
import type { VectorPlan } from './plan.js'

export interface LevelPlan {
  mode: 'closed' | 'open'
  concurrency: number
  ratePerSecond: number | null
}

/** A level in one repeat: plain data, the same for every worker. */
export interface LevelRepeat {
  level: LevelPlan
  repeat: number
  /** Not measured. */
  isWarmUp: boolean
}

const WARM_UP = { share: 0.1, mostMs: 500 }

/** Sequential first; it is also a level of its own when it was asked for. */
export function levelsOf({ concurrency, ratePerSecond }: VectorPlan): LevelPlan[] {
  if (ratePerSecond !== null) return [closedLevel(1), openLevel(ratePerSecond)]
  return [...new Set([1, ...concurrency])].sort((a, b) => a - b).map(closedLevel)
}

export function closedLevel(concurrency: number): LevelPlan {
  return { mode: 'closed', concurrency, ratePerSecond: null }
}

export function openLevel(ratePerSecond: number): LevelPlan {
  return { mode: 'open', concurrency: 1, ratePerSecond }
}

export function warmUpMs({ durationMs }: VectorPlan): number {
  return Math.min(WARM_UP.mostMs, durationMs * WARM_UP.share)
}

/** Queries are asked in turn, again and again: only the time ends a level. */
export function scheduleOf(plan: VectorPlan, { level, repeat, isWarmUp }: LevelRepeat): Schedule {
  const durationMs = isWarmUp ? warmUpMs(plan) : plan.durationMs
  const { ratePerSecond, concurrency } = level
  if (ratePerSecond === null) return closedLoop(concurrency, Infinity, durationMs)
  return scheduleFor(
    { kind: 'rate', ratePerSecond, arrival: 'poisson', burstiness: 1, maxInFlight: null },
    { count: Infinity, durationMs, seed: plan.seed, stream: `${repeat}` },
  )
}

/** `c=8, repeat 1 of 3`: for people. */
export function nameOf({ level, repeat, isWarmUp }: LevelRepeat, { repeats }: VectorPlan): string {
  const load = level.ratePerSecond === null ? `c=${level.concurrency}` : `${level.ratePerSecond}/s`
  return isWarmUp ? `${load}, warm-up` : `${load}, repeat ${repeat + 1} of ${repeats}`
}
