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

/** Of the search for the truth, of an ingest, or of all levels; undefined of a search for a rate. */
export function shareOf(sample: VectorSample): number | undefined {
  if (sample.phase !== 'level') return sample.vectors / sample.of
  const { level, levels, elapsedS, leftS } = sample
  if (levels === null) return undefined
  const ofThis = leftS === null ? 0.5 : elapsedS / Math.max(0.001, elapsedS + leftS)
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
  const { concurrency, ratePerSecond, repeat, repeats, level, levels, failed, p99Ms } = sample
  const load = ratePerSecond === null ? `c=${concurrency}` : `${formatNumber(ratePerSecond)}/s`
  const { runLeftS, leftS } = sample
  const left = levels === null ? leftS : runLeftS
  return [
    `${load}, ${levels === null ? `step ${level}` : `level ${level}/${levels}`}`,
    `${formatCount(failed)} errors`,
    `${formatNumber(sample.queriesPerSecond)} q/s`,
    p99Ms !== null && `p99 ${formatNumber(p99Ms)} ms`,
    left !== null && `${formatSeconds(left)} left`,
    levels !== null && repeats > 1 && `repeat ${repeat} of ${repeats}`,
    `client ${Math.round(sample.clientCores * 100)} % of a core`,
  ]
    .filter(Boolean)
    .join(' · ')
}
