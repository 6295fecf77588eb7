import type {
  IngestSample,
  LevelSample,
  TruthSample,
  VectorEvent,
} from '../../instrument/vectors/plan.js'
import type { Step } from '../../platform/progress.js'
import { formatCount, formatNumber, formatSeconds } from '../../platform/units.js'
import type { Context } from '../../jobs/contract.js'

/** One line a phase; the live figures of an ingest or a level in the line that is open. */
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
    // Told in full below: here only that it ended.
    else if (event.type === 'failed') this.#step?.fail('failed')
    else if (event.phase === 'ingest')
      this.#step?.update(ingestText(event), event.vectors / event.of)
    else if (event.phase === 'truth') this.#step?.update(truthText(event), event.vectors / event.of)
    else this.#step?.update(levelText(event), shareOf(event))
  }
}

/** Of all levels. */
function shareOf({ level, levels, secondsLeft, runSecondsLeft }: LevelSample): number {
  const each = levels > level ? (runSecondsLeft - secondsLeft) / (levels - level) : null
  const ofThis = each === null ? 0.5 : 1 - secondsLeft / each
  return (level - 1 + ofThis) / levels
}

export function truthText({ vectors, of, secondsLeft }: TruthSample): string {
  return `${formatCount(vectors)}/${formatCount(of)} vectors searched · ${formatSeconds(secondsLeft)} left`
}

export function ingestText(sample: IngestSample): string {
  const { vectors, of, vectorsPerSecond, secondsLeft, batch, repeat, repeats } = sample
  return [
    `ingest ${formatCount(vectors)}/${formatCount(of)}`,
    `${formatNumber(vectorsPerSecond)} vectors/s`,
    `${formatSeconds(secondsLeft)} left`,
    repeats > 1 && `repeat ${repeat} of ${repeats}`,
    `batch ${formatCount(batch)}`,
  ]
    .filter(Boolean)
    .join(' · ')
}

/** What matters most stands first: a narrow terminal shows only that. */
export function levelText(sample: LevelSample): string {
  const { concurrency, ratePerSecond, repeat, repeats, level, levels, errors } = sample
  return [
    `${ratePerSecond === null ? `c=${concurrency}` : `${formatNumber(ratePerSecond)}/s`}, level ${level}/${levels}`,
    `${formatCount(errors)} errors`,
    `${formatNumber(sample.queriesPerSecond)} q/s`,
    `p99 ${formatNumber(sample.p99Ms)} ms`,
    `${formatSeconds(sample.runSecondsLeft)} left`,
    repeats > 1 && `repeat ${repeat} of ${repeats}`,
    `client ${Math.round(sample.clientCores * 100)} % of a core`,
  ]
    .filter(Boolean)
    .join(' · ')
}
