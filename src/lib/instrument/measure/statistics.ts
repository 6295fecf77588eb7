import * as v from 'valibot'

const number = v.number()
const known = v.nullable(v.number())

/** One latency distribution. Percentiles are type 7 (linear between order statistics); std is the sample's. */
export const LatencySchema = v.object({
  n: number,
  meanMs: known,
  stdMs: known,
  minMs: known,
  p50Ms: known,
  p90Ms: known,
  p99Ms: known,
  p999Ms: known,
  maxMs: known,
  /** False when n < 662: fewer samples can't bound a p99. */
  p99Reliable: v.boolean(),
})
export type Latency = v.InferOutput<typeof LatencySchema>

/** Of one figure over the repeats. */
export const SpreadSchema = v.object({
  median: known,
  min: known,
  max: known,
  stdev: known,
  n: number,
})
export type Spread = v.InferOutput<typeof SpreadSchema>

/** From here on a p99 is bounded by the sample: the floor of MLPerf's early-stopping estimate. */
export const RELIABLE_P99_N = 662
/** A tail a tenth as large needs ten times as many. */
export const RELIABLE_P999_N = 10 * RELIABLE_P99_N

/**
 * Type-7 percentile (linear between order statistics; the default of R and NumPy) of an ascending sample.
 * @param share 0 to 1
 */
export function percentile(ascending: ArrayLike<number>, share: number): number | null {
  const n = ascending.length
  if (n === 0) return null
  const position = (n - 1) * share
  const below = Math.floor(position)
  const low = ascending[below]
  const high = ascending[Math.min(below + 1, n - 1)]
  return low + (high - low) * (position - below)
}

export function mean(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum / values.length
}

/** Sample standard deviation (n − 1), two passes; null below two values. */
export function sampleStd(values: ArrayLike<number>): number | null {
  const centre = mean(values)
  if (centre === null || values.length < 2) return null
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] - centre) ** 2
  return Math.sqrt(sum / (values.length - 1))
}

export function latencyOf(samplesMs: Float64Array): Latency {
  const ascending = samplesMs.slice().sort()
  return {
    n: ascending.length,
    meanMs: mean(ascending),
    stdMs: sampleStd(ascending),
    minMs: ascending[0] ?? null,
    p50Ms: percentile(ascending, 0.5),
    p90Ms: percentile(ascending, 0.9),
    p99Ms: percentile(ascending, 0.99),
    p999Ms: percentile(ascending, 0.999),
    maxMs: ascending.at(-1) ?? null,
    p99Reliable: ascending.length >= RELIABLE_P99_N,
  }
}

/** Of one figure over the repeats; a repeat without the figure does not count. */
export function spreadOf(figures: readonly (number | null)[]): Spread {
  const ascending = figures.filter((figure) => figure !== null).sort((a, b) => a - b)
  return {
    median: percentile(ascending, 0.5),
    min: ascending[0] ?? null,
    max: ascending.at(-1) ?? null,
    stdev: sampleStd(ascending),
    n: ascending.length,
  }
}

/** Counts in bins of equal width in log(value) between the smallest and the largest. */
export function logHistogram(values: Float64Array, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0)
  if (values.length === 0) return counts
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)]
  const from = Math.log(Math.max(low, 1e-6))
  const width = (Math.log(Math.max(high, 1e-6)) - from) / bins || 1
  for (const value of values)
    counts[Math.min(bins - 1, Math.max(0, Math.floor((Math.log(value) - from) / width)))]++
  return counts
}
