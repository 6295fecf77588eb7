import { formatNumber } from '../../platform/units.js'
import { RELIABLE_P99_N, RELIABLE_P999_N } from '../measure/statistics.js'
import type { Metric, Metrics } from '../measure/thresholds.js'
import type { Level, VectorResult } from './result.js'

type Figure = (level: Level) => number | null
type Pick2 = (a: number, b: number) => number

/** The worst over the levels: a threshold holds when it holds everywhere. */
function worst(label: string, unit: 'ms' | '', figure: Figure, pick: Pick2): Metric<VectorResult> {
  const level = (result: VectorResult) =>
    levelsOf(result)
      .filter((one) => figure(one) !== null)
      .reduce<Level | null>(
        (a, b) => (a === null || pick(figure(a)!, figure(b)!) !== figure(a) ? b : a),
        null,
      )
  return {
    label,
    unit,
    of: (result) => {
      const found = level(result)
      return found && figure(found)
    },
    where: (result) => {
      const found = levelsOf(result).length > 1 ? level(result) : null
      return found && levelName(found)
    },
  }
}

function tail(label: string, figure: Figure, needed: number): Metric<VectorResult> {
  const samples = (result: VectorResult) => ({
    n: Math.min(...levelsOf(result).map(({ latency }) => latency.n)),
    needed,
  })
  return { ...worst(label, 'ms', figure, Math.max), samples }
}

/** What `--slo` of a vector benchmark may name. */
export const VECTOR_METRICS: Metrics<VectorResult> = {
  query_mean: worst('query mean', 'ms', ({ meanMs }) => meanMs, Math.max),
  query_p50: worst('query p50', 'ms', ({ p50Ms }) => p50Ms, Math.max),
  query_p90: worst('query p90', 'ms', ({ p90Ms }) => p90Ms, Math.max),
  query_p99: tail('query p99', ({ p99Ms }) => p99Ms, RELIABLE_P99_N),
  'query_p99.9': tail('query p99.9', ({ p999Ms }) => p999Ms, RELIABLE_P999_N),
  qps: {
    label: 'best queries/s',
    unit: '/s',
    of: (result) => Math.max(...levelsOf(result).map((level) => level.queriesPerSecond)),
  },
  recall: worst('recall', '', ({ recallAtK }) => recallAtK, Math.min),
  ingest: { label: 'ingest vectors/s', unit: '/s', of: (result) => result.ingest.vectorsPerSecond },
  errors: { label: 'errors', unit: '', of: (result) => result.requests.failed },
}

/** `concurrency 8`, `200/s`. */
export function levelName({ mode, concurrency, ratePerSecond }: Level): string {
  return mode === 'open' ? `${formatNumber(ratePerSecond ?? 0)}/s` : `concurrency ${concurrency}`
}

function levelsOf({ sequential, concurrent }: VectorResult): Level[] {
  return concurrent.length > 0 ? concurrent : [sequential]
}
