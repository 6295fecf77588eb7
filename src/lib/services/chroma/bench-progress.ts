import type { VectorEvent } from '../../bench/vectors/plan.js'
import type { Step } from '../../platform/progress.js'
import { formatNumber } from '../../platform/units.js'
import type { Context } from '../contract.js'

/** One line a phase; the levels' live figures in the line that is open. */
export class BenchDrawer {
  readonly #context: Context
  #step: Step | undefined

  constructor(context: Context) {
    this.#context = context
  }

  show(event: VectorEvent): void {
    if (event.type === 'phase') {
      if (event.phase === 'done') return
      this.#step = this.#context.progress.step(event.phase)
      if (event.text) this.#step.update(event.text)
    } else if (event.type === 'phase-done') this.#step?.done(event.text)
    else if (event.type === 'sample') this.#step?.update(sampleText(event))
    else this.#step?.fail(event.message)
  }
}

function sampleText(sample: Extract<VectorEvent, { type: 'sample' }>): string {
  const { concurrency, repeat, repeats, secondsLeft, queriesPerSecond, p99Ms, errors } = sample
  return [
    `c=${concurrency}, repeat ${repeat} of ${repeats}`,
    `${Math.ceil(secondsLeft)} s left`,
    `${formatNumber(queriesPerSecond)} q/s`,
    `p99 ${formatNumber(p99Ms)} ms`,
    `${errors} errors`,
    `client ${Math.round(sample.clientCores * 100)} % of a core`,
  ].join(' · ')
}
