import { Rng } from './rng.js'

/**
 * Poisson arrivals: all due times of a level, made from the seed before anything is sent, so that a slow answer can't move them.
 * @returns milliseconds from the start, ascending
 */
export function poissonArrivals(
  ratePerSecond: number,
  durationMs: number,
  seed: number,
  stream: string,
): Float64Array {
  const rng = new Rng(seed, `arrivals/${stream}`)
  const meanGapMs = 1000 / ratePerSecond
  const times: number[] = []
  for (let at = rng.exponential() * meanGapMs; at < durationMs; at += rng.exponential() * meanGapMs)
    times.push(at)
  return Float64Array.from(times)
}
