import { UsageError } from '../platform/errors.js'
import { parseDurationMs } from '../platform/units.js'
import type { Level, VectorResult } from './vectors/result.js'

/** `--slo 'query_p99<20ms'`: a figure of the result, a comparison, a limit. */
export interface Threshold {
  text: string
  metric: MetricName
  comparison: '<' | '<=' | '>' | '>='
  limit: number
}

interface Metric {
  label: string
  unit: 'ms' | '/s' | ''
  /** The worst over the levels: a threshold holds when it holds everywhere. */
  of(result: VectorResult): number | null
}

type MetricName = keyof typeof METRICS

const worst =
  (figure: (level: Level) => number | null, pick: (...figures: number[]) => number) =>
  (result: VectorResult) => {
    const figures = levelsOf(result)
      .map(figure)
      .filter((value) => value !== null)
    return figures.length === 0 ? null : pick(...figures)
  }

const METRICS = {
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
} as const satisfies Record<string, Metric>

function levelsOf({ sequential, concurrent }: VectorResult): Level[] {
  return concurrent.length > 0 ? concurrent : [sequential]
}

/** @throws UsageError naming the metrics that are known */
export function parseThreshold(text: string): Threshold {
  const match = /^\s*([\w.]+)\s*(<=|>=|<|>)\s*([\d.]+)\s*(ms|s|\/s)?\s*$/.exec(text)
  if (!match || !(match[1] in METRICS))
    throw new UsageError(`--slo can't be read: "${text}"`, {
      code: 'AIB_SLO',
      hints: [
        `metrics: ${Object.keys(METRICS).join(' ')}`,
        "aibench chroma bench --slo 'query_p99<20ms'",
      ],
    })
  const metric = match[1] as MetricName
  const isTime = METRICS[metric].unit === 'ms'
  const limit = isTime ? parseDurationMs(match[3] + (match[4] ?? 'ms')) : Number(match[3])
  if (limit === undefined || Number.isNaN(limit))
    throw new UsageError(`--slo has no number: "${text}"`, { code: 'AIB_SLO' })
  return { text: text.trim(), metric, comparison: match[2] as Threshold['comparison'], limit }
}

/** A figure that is missing misses its threshold: nothing measured is no proof. */
export function judgeThresholds(
  thresholds: readonly Threshold[],
  result: VectorResult,
): VectorResult['thresholds'] {
  return thresholds.map(({ text, metric, comparison, limit }) => {
    const { of, unit, label } = METRICS[metric]
    const measured = of(result)
    return {
      text,
      label: `${label} ${comparison.replace('<=', '≤').replace('>=', '≥')} ${limit}${unit && unit !== '/s' ? ` ${unit}` : unit}`,
      met: measured !== null && holds(measured, comparison, limit),
      measured,
      unit,
    }
  })
}

function holds(measured: number, comparison: Threshold['comparison'], limit: number): boolean {
  switch (comparison) {
    case '<':
      return measured < limit
    case '<=':
      return measured <= limit
    case '>':
      return measured > limit
    case '>=':
      return measured >= limit
  }
}
