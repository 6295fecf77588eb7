/** The k nearest of each query so far: a heap each with the farthest on top. Of two equally far the lower id is the nearer. */
export class NearestHeaps {
  readonly ids: Int32Array
  readonly distances: Float64Array

  constructor(
    readonly queryCount: number,
    readonly k: number,
  ) {
    this.ids = new Int32Array(queryCount * k).fill(-1)
    this.distances = new Float64Array(queryCount * k).fill(Infinity)
  }

  /** What is farther than that is not among the k; Infinity until there are so many. */
  farthest(query: number): number {
    return this.distances[query * this.k]
  }

  /** Does nothing with what is too far, or no number (an angle to a vector of zeros). */
  offer(query: number, distance: number, id: number): void {
    const top = query * this.k
    if (distance < this.distances[top] || (distance === this.distances[top] && id < this.ids[top]))
      this.#sink(top, this.k, distance, id)
  }

  /** All that another search of the same queries has found. */
  offerAll({ ids, distances }: { ids: Int32Array; distances: Float64Array }): void {
    for (let i = 0; i < ids.length; i++)
      if (ids[i] >= 0) this.offer(Math.floor(i / this.k), distances[i], ids[i])
  }

  /** Puts each query's nearest first. It is no heap any more then. */
  sort(): void {
    const { ids, distances, k } = this
    for (let top = 0; top < ids.length; top += k)
      for (let size = k - 1; size > 0; size--) {
        const [distance, id] = [distances[top + size], ids[top + size]]
        distances[top + size] = distances[top]
        ids[top + size] = ids[top]
        this.#sink(top, size, distance, id)
      }
  }

  /** Takes the place of the top of a heap of `size`. */
  #sink(top: number, size: number, distance: number, id: number): void {
    const { ids, distances } = this
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (
        child + 1 < size &&
        this.#isFarther(top + child + 1, distances[top + child], ids[top + child])
      )
        child++
      if (!this.#isFarther(top + child, distance, id)) break
      distances[top + at] = distances[top + child]
      ids[top + at] = ids[top + child]
      at = child
    }
    distances[top + at] = distance
    ids[top + at] = id
  }

  #isFarther(at: number, distance: number, id: number): boolean {
    return this.distances[at] > distance || (this.distances[at] === distance && this.ids[at] > id)
  }
}
