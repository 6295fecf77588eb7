import type { InferenceEvent, InferenceSample } from '../../bench/inference/plan.js'
import type { Step } from '../../platform/progress.js'
import { formatDuration, formatNumber } from '../../platform/units.js'
import type { Context } from '../contract.js'

/** One line a phase; a pass's live figures in the line that is open. */
export class InferenceDrawer {
  readonly #context: Context
  #step: Step | undefined

  constructor(context: Context) {
    this.#context = context
  }

  show(event: InferenceEvent): void {
    switch (event.type) {
      case 'phase':
        if (event.phase === 'done') return
        this.#step = this.#context.progress.step(event.phase)
        if (event.text) this.#step.update(event.text)
        return
      case 'phase-done':
        return this.#step?.done(event.text)
      case 'sample':
        return this.#step?.update(sampleText(event))
      case 'failed':
        return this.#step?.fail(event.message)
    }
  }
}

function sampleText(sample: InferenceSample): string {
  const ms = (value: number | null) => (value === null ? '–' : `${formatNumber(value)} ms`)
  const lag = sample.dispatchLagP99Ms
  return [
    // Its name stands before the line already.
    sample.pass === 'warm-up' ? '' : sample.pass,
    sample.leftS === null ? '' : `${formatDuration(sample.leftS * 1000)} left`,
    `${sample.done} done, ${sample.inFlight} in flight`,
    `${formatNumber(sample.outputTokensPerSecond)} tok/s`,
    `TTFT ${ms(sample.ttftMs)}`,
    `TPOT ${ms(sample.tpotMs)}`,
    sample.failed > 0 ? `${sample.failed} failed` : '',
    `client ${Math.round(sample.clientCores * 100)} %`,
    lag === null ? '' : `lag ${formatNumber(lag, 2)} ms`,
  ]
    .filter(Boolean)
    .join(' · ')
}
