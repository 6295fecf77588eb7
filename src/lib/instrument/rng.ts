/**
 * A seeded generator: the same seed gives the same numbers on every machine, whatever else runs. sfc32 (Chris Doty-Humphrey's Small
 * Fast Counting generator, PractRand), seeded through splitmix32. Not for secrets.
 */
export class Rng {
  #a: number
  #b: number
  #c: number
  #counter = 1
  #spare: number | undefined

  /** `stream` keeps the uses of one seed apart: data, queries, arrivals. */
  constructor(seed: number, stream: string) {
    let mixed = seed | 0
    for (const character of stream) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193)
    const next = () => {
      mixed = (mixed + 0x9e3779b9) | 0
      let z = mixed ^ (mixed >>> 16)
      z = Math.imul(z, 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return z ^ (z >>> 15)
    }
    ;[this.#a, this.#b, this.#c] = [next(), next(), next()]
    for (let i = 0; i < 12; i++) this.uniform()
  }

  /** In [0, 1), 32 bits. */
  uniform(): number {
    const t = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t
    return (t >>> 0) / 4294967296
  }

  below(limit: number): number {
    return Math.floor(this.uniform() * limit)
  }

  /** Standard normal, by Box and Muller's polar form. */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare
      this.#spare = undefined
      return spare
    }
    for (;;) {
      const u = 2 * this.uniform() - 1
      const w = 2 * this.uniform() - 1
      const s = u * u + w * w
      if (s === 0 || s >= 1) continue
      const factor = Math.sqrt((-2 * Math.log(s)) / s)
      this.#spare = w * factor
      return u * factor
    }
  }

  /** With mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform())
  }
}
