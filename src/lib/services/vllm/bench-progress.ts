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
        return this.#step?.update(sampleText(event), shareOf(event))
      case 'failed':
        return this.#step?.fail(event.message)
    }
  }
}

/** Of the pass, that is behind us; undefined when it can't be told. */
function shareOf({ elapsedS, leftS }: InferenceSample): number | undefined {
  return leftS === null ? undefined : elapsedS / (elapsedS + leftS)
}

/** What is looked at first stands first: a narrow terminal shows only that. */
function sampleText(sample: InferenceSample): string {
  const ms = (value: number | null) => (value === null ? '–' : `${formatNumber(value)} ms`)
  const lag = sample.dispatchLagP99Ms
  return [
    // Its name stands before the line already.
    sample.pass === 'warm-up' ? '' : sample.pass,
    sample.leftS === null ? '' : `${formatDuration(sample.leftS * 1000)} left`,
    sample.failed > 0 ? `${sample.failed} failed` : '',
    `${formatNumber(sample.outputTokensPerSecond)} tok/s`,
    `TTFT ${ms(sample.ttftMs)}`,
    `TPOT ${ms(sample.tpotMs)}`,
    `${sample.done} done, ${sample.inFlight} in flight`,
    `client ${Math.round(sample.clientCores * 100)} %`,
    lag === null ? '' : `lag ${formatNumber(lag, 2)} ms`,
  ]
    .filter(Boolean)
    .join(' · ')
}
