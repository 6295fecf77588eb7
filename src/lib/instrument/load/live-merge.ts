import type { LoadSample } from './workload.js'

/** How figures of several workers become one. */
export const merging = {
  sum: (values: readonly number[]): number => values.reduce((total, one) => total + one, 0),
  /** Of those that are known. */
  mean: (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length
  },
  largest: (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null)
    return known.length === 0 ? null : Math.max(...known)
  },
}

/** The live figures of all workers as one, said again each time the leader's come. The repeat ends when the last of them has ended. */
export class SampleBoard<Sample extends LoadSample> {
  readonly #others = new Map<number, Sample>()
  readonly #own: (all: readonly Sample[]) => Omit<Sample, keyof LoadSample>
  readonly #emit: (sample: Sample) => void
  /** Repeats that come after the one that runs; null when nobody knows how many. */
  #repeatsAfter: number | null = null
  /** Seconds that each repeat took, as far as was seen. */
  readonly #repeats: number[] = []

  /** @param merge makes the kind's own figures of those of all workers */
  constructor(
    merge: (all: readonly Sample[]) => Omit<Sample, keyof LoadSample>,
    emit: (sample: Sample) => void,
  ) {
    this.#own = merge
    this.#emit = emit
  }

  /** So many repeats will come. */
  expect(repeats: number): void {
    this.#repeatsAfter = repeats
  }

  repeatBegins(): void {
    if (this.#repeatsAfter === null) return
    this.#repeatsAfter--
    this.#repeats.unshift(0)
  }

  other(worker: number, sample: Sample): void {
    this.#others.set(worker, sample)
  }

  own(sample: Sample): void {
    const all = [sample, ...this.#others.values()].filter(({ pass }) => pass === sample.pass)
    const sum = (figure: (one: Sample) => number) => merging.sum(all.map(figure))
    const leftS = merging.largest(all.map((one) => one.leftS))
    this.#emit({
      ...sample,
      leftS,
      runLeftS: this.#runLeftS(sample.elapsedS, leftS),
      issued: sum((one) => one.issued),
      done: sum((one) => one.done),
      failed: sum((one) => one.failed),
      inFlight: sum((one) => one.inFlight),
      requestsPerSecond: sum((one) => one.requestsPerSecond),
      ...this.#own(all),
      clientCores: Math.max(...all.map((one) => one.clientCores)),
      dispatchLagP99Ms: merging.largest(all.map((one) => one.dispatchLagP99Ms)),
    })
  }

  /** Repeats to come are taken to be as long as those that were, or as this one. */
  #runLeftS(elapsedS: number, leftS: number | null): number | null {
    if (this.#repeatsAfter === null || leftS === null) return null
    this.#repeats[0] = elapsedS + leftS
    const past = this.#repeats.length > 1 ? this.#repeats.slice(1) : this.#repeats
    return leftS + (this.#repeatsAfter * past.reduce((a, b) => a + b, 0)) / past.length
  }
}
