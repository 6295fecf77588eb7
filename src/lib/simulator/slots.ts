/** So many run at a time; the others wait in line, first come, first served. */
export class Slots {
  readonly #line = new Set<() => void>()
  #running = 0

  constructor(readonly most: number) {}

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#line.size
  }

  /**
   * @param start called now or when it is its turn
   * @returns gives the slot back, or the place in line; may be called again without harm
   */
  enter(start: () => void): () => void {
    let place: 'line' | 'slot' | 'left' = 'line'
    const begin = () => {
      place = 'slot'
      this.#running++
      start()
    }
    if (this.#running < this.most) begin()
    else this.#line.add(begin)
    return () => {
      if (place === 'line') this.#line.delete(begin)
      if (place === 'slot') this.#running--
      place = 'left'
      this.#advance()
    }
  }

  #advance(): void {
    for (const begin of this.#line) {
      if (this.#running >= this.most) return
      this.#line.delete(begin)
      begin()
    }
  }
}
