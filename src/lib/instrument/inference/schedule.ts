import { createHash } from 'node:crypto'
import {
  constantArrivals,
  exponentialGaps,
  gammaGaps,
  rampArrivals,
  renewalArrivals,
} from '../load/arrivals.js'
import { formatDuration } from '../../platform/units.js'
import type { InferenceDataset } from './item.js'
import type { InferencePlan, LoadPlan } from './plan.js'

/** When each request of a pass is due: the same bytes in every worker, whatever their number. */
export interface Schedule {
  /** Milliseconds from the start of the pass; null in a closed loop, where the answers decide. */
  dueMs: Float64Array | null
  /** Requests in flight of a closed loop; null in an open one. */
  concurrency: number | null
  /** Beyond so many, what is due in an open loop waits. */
  maxInFlight: number | null
  /** How many requests there are at most. */
  count: number
  /** No request is issued after this; null when only the count ends it. */
  durationMs: number | null
}

/** One pass through the workload. `repeat` decides prompts and arrivals; the baseline has the same ones without constraints. */
export interface Repeat {
  repeat: number
  variant: 'main' | 'baseline'
  /** Instead of the plan's rate: a step of the search for the highest one. */
  ratePerSecond?: number
}

/** A step of a search lasts at least so long: fewer arrivals would fit into the server's slots at any rate. */
const STEP_S = 10
/** And until so many came, where a shorter duration was asked for: of none nothing can be said. */
const STEP_REQUESTS = 3

export function scheduleOf(
  { load, numPrompts, durationMs, seed }: InferencePlan,
  dataset: InferenceDataset,
  { repeat, ratePerSecond }: Repeat,
): Schedule {
  if (load.kind === 'concurrency')
    return {
      ...{ dueMs: null, concurrency: load.concurrency, maxInFlight: null },
      ...{ count: numPrompts, durationMs },
    }
  const isStep = ratePerSecond !== undefined && durationMs === null
  const limit = isStep ? Math.max(numPrompts, Math.ceil(ratePerSecond * STEP_S)) : numPrompts
  const least = ratePerSecond === undefined ? 0 : STEP_REQUESTS
  const bounds = { durationMs: durationMs ?? Infinity, limit, least }
  const dueMs = arrivalsOf(load, dataset, bounds, seed, `pass ${repeat}`, ratePerSecond)
  return { dueMs, concurrency: null, maxInFlight: limitOf(load), count: dueMs.length, durationMs }
}

function limitOf(load: LoadPlan): number | null {
  return load.kind === 'concurrency' || load.kind === 'burst' ? null : load.maxInFlight
}

/** Steps of a search for the highest rate, at most. */
export const MOST_STEPS = 20

/** Prompts of the dataset that are set apart for each pass. A step of a search may have more requests than the plan says. */
export function promptsOf({ numPrompts, findMaxRate }: InferencePlan): number {
  return findMaxRate ? Math.max(numPrompts, 1_000_000) : numPrompts
}

/** The first prompt of the dataset that no pass has. */
export function afterRepeats(plan: InferencePlan): number {
  return promptsOf(plan) * (plan.findMaxRate ? MOST_STEPS : plan.repeats)
}

/** No more workers than requests that may be in flight: one without a slot would never send its share. */
export function workersOf({ clients, load }: InferencePlan): number {
  const most = load.kind === 'concurrency' ? load.concurrency : limitOf(load)
  return Math.min(clients, most ?? clients)
}

/** Of so many slots for all, those of one worker. */
export function slotsOf(slots: number, { index, of }: { index: number; of: number }): number {
  return Math.floor(slots / of) + (index < slots % of ? 1 : 0)
}

function arrivalsOf(
  load: Exclude<LoadPlan, { kind: 'concurrency' }>,
  dataset: InferenceDataset,
  bounds: { durationMs: number; limit: number; least: number },
  seed: number,
  stream: string,
  ratePerSecond?: number,
): Float64Array {
  switch (load.kind) {
    case 'burst':
      return new Float64Array(bounds.limit)
    case 'ramp':
      return rampArrivals(load, bounds, seed, stream)
    case 'trace':
      return traceArrivals(dataset, load.speed, bounds)
    case 'rate': {
      const rate = ratePerSecond ?? load.ratePerSecond
      if (load.arrival === 'constant') return constantArrivals(rate, bounds)
      const gaps =
        load.arrival === 'gamma'
          ? gammaGaps(load.burstiness, seed, stream)
          : exponentialGaps(seed, stream)
      return renewalArrivals(rate, bounds, gaps)
    }
  }
}

function traceArrivals(
  dataset: InferenceDataset,
  speed: number,
  { durationMs, limit }: { durationMs: number; limit: number },
): Float64Array {
  const count = Math.min(limit, dataset.size ?? limit)
  const times = Float64Array.from({ length: count }, (_, i) => (dataset.item(i).atMs ?? 0) / speed)
  const ascending = times.sort()
  const end = ascending.findIndex((at) => at >= durationMs)
  return end < 0 ? ascending : ascending.subarray(0, end)
}

/** sha256 over the due times of all repeats: two runs with the same one were sent the same. */
export function scheduleHash(plan: InferencePlan, dataset: InferenceDataset): string {
  const hash = createHash('sha256').update(JSON.stringify([plan.load, plan.seed, plan.numPrompts]))
  for (let repeat = 0; repeat < plan.repeats; repeat++) {
    const { dueMs } = scheduleOf(plan, dataset, { repeat, variant: 'main' })
    if (dueMs) hash.update(new Uint8Array(dueMs.buffer, dueMs.byteOffset, dueMs.byteLength))
  }
  return hash.digest('hex')
}

/** `Poisson 4/s`, `32 in flight`: for people. */
export function describeLoad(load: LoadPlan): string {
  const limit = limitOf(load)
  return limit === null ? arrivalWords(load) : `${arrivalWords(load)}, at most ${limit} in flight`
}

function arrivalWords(load: LoadPlan): string {
  switch (load.kind) {
    case 'concurrency':
      return `${load.concurrency} in flight`
    case 'burst':
      return 'all at once'
    case 'ramp':
      return `ramp ${load.fromPerSecond} to ${load.toPerSecond}/s over ${formatDuration(load.overMs)}`
    case 'trace':
      return `by the trace${load.speed === 1 ? '' : `, ${load.speed} × as fast`}`
    case 'rate':
      return load.arrival === 'gamma'
        ? `gamma ${load.ratePerSecond}/s, burstiness ${load.burstiness}`
        : `${load.arrival === 'poisson' ? 'Poisson' : 'constant'} ${load.ratePerSecond}/s`
  }
}
