import type { InferenceSample } from './plan.js'

/** The live figures of all workers as one: said again each time the lead's come. */
export class SampleBoard {
  readonly #others = new Map<number, InferenceSample>()
  readonly #emit: (sample: InferenceSample) => void

  constructor(emit: (sample: InferenceSample) => void) {
    this.#emit = emit
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
    const lags = all.map((one) => one.dispatchLagP99Ms).filter((lag) => lag !== null)
    this.#emit({
      ...sample,
      issued: sum((one) => one.issued),
      done: sum((one) => one.done),
      failed: sum((one) => one.failed),
      inFlight: sum((one) => one.inFlight),
      requestsPerSecond: sum((one) => one.requestsPerSecond),
      outputTokensPerSecond: sum((one) => one.outputTokensPerSecond),
      ttftMs: middle((one) => one.ttftMs),
      tpotMs: middle((one) => one.tpotMs),
      clientCores: Math.max(...all.map((one) => one.clientCores)),
      dispatchLagP99Ms: lags.length === 0 ? null : Math.max(...lags),
    })
  }
}
