/** As the Prometheus text format has it. */
export class Histogram {
  readonly #counts: number[]
  #sum = 0
  #count = 0

  constructor(readonly bounds: readonly number[]) {
    this.#counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    const at = this.bounds.findIndex((bound) => value <= bound)
    if (at >= 0) this.#counts[at]++
    this.#sum += value
    this.#count++
  }

  /** @returns name endings and labels with their values */
  samples(): { suffix: string; labels: Record<string, string>; value: number }[] {
    let below = 0
    const buckets = this.bounds.map((bound, i) => {
      below += this.#counts[i]
      return { suffix: '_bucket', labels: { le: formatFloat(bound) }, value: below }
    })
    return [
      ...buckets,
      { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#count },
      { suffix: '_count', labels: {}, value: this.#count },
      { suffix: '_sum', labels: {}, value: this.#sum },
    ]
  }
}

/** As Python writes it. */
export function formatFloat(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}
