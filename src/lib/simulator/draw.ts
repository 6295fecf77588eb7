import type { Rng } from '../instrument/rng.js'
import type { Distribution } from './options.js'

/** One sample in milliseconds, never negative. */
export function drawMs({ kind, meanMs, sd = meanMs / 10 }: Distribution, rng: Rng): number {
  switch (kind) {
    case 'constant':
      return meanMs
    case 'normal':
      return Math.max(0, meanMs + sd * rng.normal())
    case 'exponential':
      return meanMs * rng.exponential()
    case 'lognormal': {
      if (meanMs === 0) return 0
      // So that mean and deviation are those of the samples, not of their logarithms.
      const variance = Math.log(1 + (sd / meanMs) ** 2)
      return meanMs * Math.exp(Math.sqrt(variance) * rng.normal() - variance / 2)
    }
  }
}
