import type { Rng } from '../../rng.js'

/** Fisher and Yates. */
export function shuffled<T>(values: readonly T[], rng: Rng): T[] {
  const order = [...values]
  for (let last = order.length - 1; last > 0; last--) {
    const other = rng.below(last + 1)
    ;[order[last], order[other]] = [order[other], order[last]]
  }
  return order
}
