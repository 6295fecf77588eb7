import { formatDuration } from '../../platform/units.js'
import {
  constantArrivals,
  exponentialGaps,
  gammaGaps,
  rampArrivals,
  renewalArrivals,
  type Bounds,
} from './arrivals.js'
import type { LoadPlan } from './plan.js'

/** When each request of a repeat is due: the same bytes in every worker, whatever their number. */
export interface Schedule {
  /** Milliseconds from the start of the repeat; null in a closed loop, where the responses decide. */
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

/** Worker `index` of `of` does every of-th request, beginning with its own number. */
export interface Shard {
  index: number
  of: number
}

/** What a schedule is made from, beside the load. */
export interface ScheduleBounds {
  /** Requests, at most. */
  count: number
  durationMs: number | null
  /** So many arrive also when `durationMs` is over before. */
  least?: number
  seed: number
  /** Repeats with the same name have the same arrivals. */
  stream: string
  /** Instead of the load's: a step of the search for the highest one. */
  ratePerSecond?: number
  /** Of a trace: how many times it has, and each. */
  trace?: { size: number | null; atMs(index: number): number }
}

/** A closed loop of so many requests in flight. */
export function closedLoop(
  concurrency: number,
  count: number,
  durationMs: number | null,
): Schedule {
  return { dueMs: null, concurrency, maxInFlight: null, count, durationMs }
}

export function scheduleFor(load: LoadPlan, bounds: ScheduleBounds): Schedule {
  const { count, durationMs } = bounds
  if (load.kind === 'concurrency') return closedLoop(load.concurrency, count, durationMs)
  const dueMs = arrivalsOf(load, bounds)
  return { dueMs, concurrency: null, maxInFlight: limitOf(load), count: dueMs.length, durationMs }
}

function limitOf(load: LoadPlan): number | null {
  return load.kind === 'concurrency' || load.kind === 'burst' ? null : load.maxInFlight
}

/** No more workers than requests that may be in flight: one without a slot would never send its part. */
export function workersFor(load: LoadPlan, clients: number): number {
  const most = load.kind === 'concurrency' ? load.concurrency : limitOf(load)
  return Math.min(clients, most ?? clients)
}

/** Of so many slots for all, those of one worker. */
export function slotsOf(slots: number, { index, of }: Shard): number {
  return Math.floor(slots / of) + (index < slots % of ? 1 : 0)
}

function arrivalsOf(
  load: Exclude<LoadPlan, { kind: 'concurrency' }>,
  { count, durationMs, least, seed, stream, ratePerSecond, trace }: ScheduleBounds,
): Float64Array {
  const bounds: Bounds = { durationMs: durationMs ?? Infinity, limit: count, least }
  switch (load.kind) {
    case 'burst':
      return new Float64Array(count)
    case 'ramp':
      return rampArrivals(load, bounds, seed, stream)
    case 'trace':
      return traceArrivals(trace!, load.speed, count, bounds.durationMs)
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
  { size, atMs }: NonNullable<ScheduleBounds['trace']>,
  speed: number,
  limit: number,
  durationMs: number,
): Float64Array {
  const count = Math.min(limit, size ?? limit)
  const ascending = Float64Array.from({ length: count }, (_, i) => atMs(i) / speed).sort()
  const end = ascending.findIndex((at) => at >= durationMs)
  return end < 0 ? ascending : ascending.subarray(0, end)
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
