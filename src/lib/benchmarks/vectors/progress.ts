import type {
  IngestSample,
  LevelSample,
  TruthSample,
  VectorSample,
} from '../../instrument/vectors/plan.js'
import { formatCount, formatNumber, formatSeconds } from '../../platform/units.js'

export function textOf(sample: VectorSample): string {
  switch (sample.phase) {
    case 'truth':
      return truthText(sample)
    case 'ingest':
      return ingestText(sample)
    case 'level':
      return levelText(sample)
  }
}

/** Of the truth, an ingest, or all levels. */
export function shareOf(sample: VectorSample): number {
  if (sample.phase !== 'level') return sample.vectors / sample.of
  const { level, levels, secondsLeft, runSecondsLeft } = sample
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
