import type { Metrics } from '../thresholds.js'
import type { Level, VectorResult } from './result.js'

/** The worst over the levels: a threshold holds when it holds everywhere. */
const worst =
  (figure: (level: Level) => number | null, pick: (...figures: number[]) => number) =>
  (result: VectorResult) => {
    const figures = levelsOf(result)
      .map(figure)
      .filter((value) => value !== null)
    return figures.length === 0 ? null : pick(...figures)
  }

/** What `--slo` of a vector benchmark may name. */
export const VECTOR_METRICS: Metrics<VectorResult> = {
  query_mean: { label: 'query mean', unit: 'ms', of: worst((l) => l.meanMs, Math.max) },
  query_p50: { label: 'query p50', unit: 'ms', of: worst((l) => l.p50Ms, Math.max) },
  query_p90: { label: 'query p90', unit: 'ms', of: worst((l) => l.p90Ms, Math.max) },
  query_p99: { label: 'query p99', unit: 'ms', of: worst((l) => l.p99Ms, Math.max) },
  'query_p99.9': { label: 'query p99.9', unit: 'ms', of: worst((l) => l.p999Ms, Math.max) },
  qps: {
    label: 'best queries/s',
    unit: '/s',
    of: (result) => Math.max(...levelsOf(result).map((level) => level.queriesPerSecond)),
  },
  recall: { label: 'recall', unit: '', of: worst((l) => l.recallAtK, Math.min) },
  ingest: { label: 'ingest vectors/s', unit: '/s', of: (result) => result.ingest.vectorsPerSecond },
  errors: { label: 'errors', unit: '', of: (result) => result.errors.total },
}

function levelsOf({ sequential, concurrent }: VectorResult): Level[] {
  return concurrent.length > 0 ? concurrent : [sequential]
}
