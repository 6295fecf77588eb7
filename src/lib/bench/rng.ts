import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** Random numbers that are the same for a seed on every machine, for data sets and schedules. */
export class Rng {
  readonly #source: RandomGenerator
  #spare: number | undefined

  /**
   * @param stream what the numbers are for: two streams of one seed have nothing in common, so that a longer data set does not
   * change the queries.
   */
  constructor(seed: number, stream = '') {
    this.#source = xoroshiro128plus(mix(seed, stream))
  }

  /** [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.#source.next() >>> 5
    const low = this.#source.next() >>> 6
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  /** 0 … n − 1. */
  integer(n: number): number {
    return Math.floor(this.uniform() * n)
  }

  /** Mean 0, standard deviation 1. Marsaglia's polar method, which yields two at a time. */
  gaussian(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare
      this.#spare = undefined
      return value
    }
    for (;;) {
      const x = this.#signed()
      const y = this.#signed()
      const s = x * x + y * y
      if (s >= 1 || s === 0) continue
      const scale = Math.sqrt((-2 * Math.log(s)) / s)
      this.#spare = y * scale
      return x * scale
    }
  }

  /** Mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform())
  }

  /** (−1, 1) with 32 bits: enough for the coordinates of a float32 vector, and half the price. */
  #signed(): number {
    return this.#source.next() / 2_147_483_648
  }
}

/** 32 bits of seed and stream: FNV-1a over the text, then murmur3's finalizer, because neighbouring seeds must not look alike. */
function mix(seed: number, stream: string): number {
  let hash = 0x811c9dc5
  for (const character of `${seed}/${stream}`)
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
