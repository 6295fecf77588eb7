import { Rng } from '../rng.js'

/**
 * Due times, made from the seed before anything is sent, so that a slow response can't move them. All are milliseconds from the start,
 * ascending; they end at `durationMs` or after `limit` of them, whichever comes first.
 */
export interface Bounds {
  durationMs: number
  limit?: number
  /** So many come also when `durationMs` is over before. */
  least?: number
}

/** Arrivals whose gaps are independent of each other; `gap` draws one with mean 1. */
export function renewalArrivals(
  ratePerSecond: number,
  { durationMs, limit = Infinity, least = 0 }: Bounds,
  gap: () => number,
): Float64Array {
  const meanGapMs = 1000 / ratePerSecond
  const times: number[] = []
  const goesOn = (at: number) => at < durationMs || times.length < least
  for (let at = gap() * meanGapMs; goesOn(at) && times.length < limit; at += gap() * meanGapMs)
    times.push(at)
  return Float64Array.from(times)
}

export function exponentialGaps(seed: number, stream: string): () => number {
  const rng = new Rng(seed, `arrivals/${stream}`)
  return () => rng.exponential()
}

/** Gamma gaps with mean 1: `shape` 1 is Poisson, less is burstier, more is nearer to a constant rate. */
export function gammaGaps(shape: number, seed: number, stream: string): () => number {
  const rng = new Rng(seed, `arrivals/${stream}`)
  return () => gamma(shape, rng) / shape
}

/**
 * Exactly one every 1/rate seconds, the first at 0. Each time is computed from its number and not added up: no error grows.
 */
export function constantArrivals(
  ratePerSecond: number,
  { durationMs, limit = Infinity }: Bounds,
): Float64Array {
  const fits = Math.ceil((durationMs * ratePerSecond) / 1000)
  const count = Math.min(limit, Number.isFinite(fits) ? fits : limit)
  return Float64Array.from({ length: count }, (_, i) => (i * 1000) / ratePerSecond)
}

/**
 * Poisson arrivals whose rate goes linearly from one value to another, by inversion: with unit-rate arrival u, the time t solves
 * ∫₀ᵗ rate = u.
 */
export function rampArrivals(
  ramp: { fromPerSecond: number; toPerSecond: number; overMs: number },
  { durationMs, limit = Infinity }: Bounds,
  seed: number,
  stream: string,
): Float64Array {
  const gap = exponentialGaps(seed, stream)
  const end = Math.min(durationMs, ramp.overMs)
  const [a, overS] = [ramp.fromPerSecond, ramp.overMs / 1000]
  const slope = (ramp.toPerSecond - a) / overS
  const times: number[] = []
  for (let sum = gap(); times.length < limit; sum += gap()) {
    const root = a * a + 2 * slope * sum
    if (root < 0) break
    // The form without cancellation, right also for slope 0.
    const atMs = ((2 * sum) / (a + Math.sqrt(root))) * 1000
    if (atMs >= end) break
    times.push(atMs)
  }
  return Float64Array.from(times)
}

/** G. Marsaglia, W. W. Tsang: A simple method for generating gamma variables, ACM TOMS 26 (2000); below 1 by their boost. */
function gamma(shape: number, rng: Rng): number {
  if (shape < 1) return gamma(shape + 1, rng) * Math.pow(1 - rng.uniform(), 1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = rng.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v))
      return d * v
  }
}
