import type { LogHistogram } from '../measure/log-histogram.js'
import { logHistogram, mean, percentile, RELIABLE_P99_N, sampleStd } from '../measure/statistics.js'
import type { Distribution } from './result.js'

const BINS = 16

/** Of raw samples; they are sorted in place. @param repeatMeans of each repeat, for the confidence interval */
export function distributionOf(
  samples: Float64Array,
  repeatMeans: readonly number[] = [],
): Distribution {
  const ascending = samples.sort()
  return {
    n: ascending.length,
    mean: mean(ascending),
    std: sampleStd(ascending),
    min: ascending[0] ?? null,
    p50: percentile(ascending, 0.5),
    p90: percentile(ascending, 0.9),
    p99: percentile(ascending, 0.99),
    p999: percentile(ascending, 0.999),
    max: ascending.at(-1) ?? null,
    p99Reliable: ascending.length >= RELIABLE_P99_N,
    ci95: confidence95(repeatMeans),
    histogram: logHistogram(ascending, BINS),
  }
}

export function distributionFrom(histogram: LogHistogram): Distribution {
  const isEmpty = histogram.n === 0
  return {
    n: histogram.n,
    mean: histogram.mean,
    std: histogram.std,
    min: isEmpty ? null : histogram.min,
    p50: histogram.percentile(0.5),
    p90: histogram.percentile(0.9),
    p99: histogram.percentile(0.99),
    p999: histogram.percentile(0.999),
    max: isEmpty ? null : histogram.max,
    p99Reliable: histogram.n >= RELIABLE_P99_N,
    ci95: null,
    histogram: histogram.spark(BINS),
  }
}

/** Two-sided 97.5 % points of Student's t by degrees of freedom, 1 to 10; then near enough to those of more. */
const T975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
const T975_MANY = 2.1

/** Of a mean, from a few independent repeats of it; null with fewer than two. */
export function confidence95(means: readonly number[]): [number, number] | null {
  const known = means.filter((value) => !Number.isNaN(value))
  const [centre, std] = [mean(known), sampleStd(known)]
  if (centre === null || std === null) return null
  const half = ((T975[known.length - 2] ?? T975_MANY) * std) / Math.sqrt(known.length)
  return [centre - half, centre + half]
}
