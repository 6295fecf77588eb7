import type { Series } from './chart.js'

interface Aligned {
  times: readonly number[]
  series: readonly Series[]
}

/**
 * At most so many points of each series: of every stretch of equal length its smallest and its largest value, so that no peak and no dip is lost.
 * A stretch with a gap in it keeps the gap.
 */
export function thinned(
  times: readonly number[],
  series: readonly Series[],
  most: number,
): Aligned {
  if (times.length <= most) return { times, series }
  const size = Math.ceil(times.length / (most / 2))
  const stretches = Array.from({ length: Math.ceil(times.length / size) }, (_, at) => at * size)
  return {
    times: stretches.flatMap((at) => {
      const end = Math.min(at + size, times.length)
      return [times[at], times[Math.floor((at + end) / 2)]]
    }),
    series: series.map(({ name, values }) => ({
      name,
      values: stretches.flatMap((at) => extremes(values.slice(at, at + size))),
    })),
  }
}

/** The smallest and the largest in the order in which they came; a gap in their middle stays where it was. */
function extremes(values: readonly (number | null)[]): [number | null, number | null] {
  let [low, high] = [-1, -1]
  for (const [at, value] of values.entries()) {
    if (value === null) continue
    if (low === -1 || value < values[low]!) low = at
    if (high === -1 || value > values[high]!) high = at
  }
  if (low === -1) return [null, null]
  if (values[0] === null) return [null, values[high]]
  if (values.at(-1) === null) return [values[high], null]
  return low <= high ? [values[low], values[high]] : [values[high], values[low]]
}
