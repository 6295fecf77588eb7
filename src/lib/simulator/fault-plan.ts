/** Shares are counted in millionths, so that no sum is off by a rounding error. */
const WHOLE = 1_000_000

/** Which requests: by one of the three. */
export interface Target {
  share?: number
  everyNth?: number
  indices?: readonly number[]
  from: number
}

interface Contender<T> {
  target: T | null
  weight: number
  credit: number
}

/**
 * Which request gets which fault, decided by its ordinal alone. Where several want the same request the first of the list has it;
 * shares are of the requests that no fixed place has taken.
 */
export class FaultPlan<T extends Target> {
  readonly #fixed: readonly T[]
  readonly #shared: readonly T[]
  #contenders: Contender<T>[] = []
  #ordinal = 0

  constructor(targets: readonly T[]) {
    this.#fixed = targets.filter(({ share }) => share === undefined)
    this.#shared = targets.filter(({ share }) => share !== undefined)
  }

  /** Of the next request. */
  next(): T | null {
    const ordinal = this.#ordinal++
    return this.#fixed.find((target) => hits(target, ordinal)) ?? this.#nextShared(ordinal)
  }

  /**
   * All earn their weight with each request, the richest has it and pays for the whole round: shares come evenly spread, and exact at
   * the end of every round. What no fault has is a contender too: a good answer.
   */
  #nextShared(ordinal: number): T | null {
    const active = this.#shared.filter(({ from }) => from <= ordinal)
    if (active.length === 0) return null
    if (active.length !== this.#contenders.length - 1) this.#contenders = contendersOf(active)
    for (const contender of this.#contenders) contender.credit += contender.weight
    const winner = this.#contenders.reduce((a, b) => (b.credit > a.credit ? b : a))
    winner.credit -= this.#contenders.reduce((sum, { weight }) => sum + weight, 0)
    return winner.target
  }
}

function contendersOf<T extends Target>(targets: readonly T[]): Contender<T>[] {
  const weights = targets.map(({ share }) => Math.round(share! * WHOLE))
  const rest = WHOLE - weights.reduce((sum, weight) => sum + weight, 0)
  return [
    { target: null, weight: Math.max(0, rest), credit: 0 },
    ...targets.map((target, i) => ({ target, weight: weights[i], credit: 0 })),
  ]
}

function hits({ everyNth, indices, from }: Target, ordinal: number): boolean {
  if (ordinal < from) return false
  if (everyNth) return (ordinal - from + 1) % everyNth === 0
  return indices?.includes(ordinal - from) ?? false
}
