import type { InferenceSample } from './plan.js'

/** The live figures of all workers as one, said again each time the lead's come. The pass ends when the last of them has ended. */
export class SampleBoard {
  readonly #others = new Map<number, InferenceSample>()
  readonly #emit: (sample: InferenceSample) => void
  /** Passes that come after the one that runs; null when nobody knows how many. */
  #passesAfter: number | null = null
  /** Seconds that each pass took, as far as was seen. */
  readonly #passes: number[] = []

  constructor(emit: (sample: InferenceSample) => void) {
    this.#emit = emit
  }

  /** So many passes will come. */
  expect(passes: number): void {
    this.#passesAfter = passes
  }

  passBegins(): void {
    if (this.#passesAfter === null) return
    this.#passesAfter--
    this.#passes.unshift(0)
  }

  other(worker: number, sample: InferenceSample): void {
    this.#others.set(worker, sample)
  }

  own(sample: InferenceSample): void {
    const all = [sample, ...this.#others.values()].filter(({ pass }) => pass === sample.pass)
    const sum = (figure: (one: InferenceSample) => number) =>
      all.reduce((total, one) => total + figure(one), 0)
    const middle = (figure: (one: InferenceSample) => number | null) => {
      const known = all.map(figure).filter((value) => value !== null)
      return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length
    }
    const largest = (figure: (one: InferenceSample) => number | null) => {
      const known = all.map(figure).filter((value) => value !== null)
      return known.length === 0 ? null : Math.max(...known)
    }
    const leftS = largest((one) => one.leftS)
    this.#emit({
      ...sample,
      leftS,
      runLeftS: this.#runLeftS(sample.elapsedS, leftS),
      issued: sum((one) => one.issued),
      done: sum((one) => one.done),
      failed: sum((one) => one.failed),
      inFlight: sum((one) => one.inFlight),
      requestsPerSecond: sum((one) => one.requestsPerSecond),
      outputTokensPerSecond: sum((one) => one.outputTokensPerSecond),
      ttftMs: middle((one) => one.ttftMs),
      ttftP99Ms: largest((one) => one.ttftP99Ms),
      tpotMs: middle((one) => one.tpotMs),
      clientCores: Math.max(...all.map((one) => one.clientCores)),
      dispatchLagP99Ms: largest((one) => one.dispatchLagP99Ms),
    })
  }

  /** Passes to come are taken to be as long as those that were, or as this one. */
  #runLeftS(elapsedS: number, leftS: number | null): number | null {
    if (this.#passesAfter === null || leftS === null) return null
    this.#passes[0] = elapsedS + leftS
    const past = this.#passes.length > 1 ? this.#passes.slice(1) : this.#passes
    return leftS + (this.#passesAfter * past.reduce((a, b) => a + b, 0)) / past.length
  }
}
