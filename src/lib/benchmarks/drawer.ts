import type { WorkerEvent } from '../instrument/process/worker-events.js'
import type { Progress, Step } from '../platform/progress.js'
import type { AnySample, Live } from './kind.js'

/** One line a phase; the live figures of what is measured in the line that is open. */
export class Drawer<Sample extends AnySample> {
  readonly #progress: Progress
  readonly #makeLive: () => Live<Sample>
  #live: Live<Sample>
  #step: Step | undefined

  constructor(progress: Progress, makeLive: () => Live<Sample>) {
    this.#progress = progress
    this.#makeLive = makeLive
    this.#live = makeLive()
  }

  show(event: WorkerEvent<AnySample>): void {
    switch (event.type) {
      case 'phase':
        if (event.phase === 'done') return
        this.#live = this.#makeLive()
        this.#step = this.#progress.step(event.phase)
        if (event.text) this.#step.update(event.text)
        return
      case 'growth':
        // For stores of figures; what is drawn is in the samples.
        return
      case 'phase-done':
        return this.#step?.done(event.text)
      case 'failed':
        // Told in full below: here only that it ended.
        return this.#step?.fail('failed')
      case 'sample': {
        const sample = event as Sample
        return this.#step?.update(this.#live.text(sample), this.#live.share(sample))
      }
    }
  }
}
