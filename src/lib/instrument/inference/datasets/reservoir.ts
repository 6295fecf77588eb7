import type { Rng } from '../../rng.js'

/** An even sample of a stream whose length is not known: Vitter's algorithm R. */
export class Reservoir<T> {
  readonly kept: T[] = []
  #offered = 0

  constructor(
    readonly size: number,
    readonly rng: Rng,
  ) {}

  offer(value: T): void {
    this.#offered++
    if (this.kept.length < this.size) this.kept.push(value)
    else {
      const at = this.rng.below(this.#offered)
      if (at < this.size) this.kept[at] = value
    }
  }
}
