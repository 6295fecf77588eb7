import * as v from 'valibot'
import { UsageError } from '../platform/errors.js'
import { formatNumber, parseDurationMs } from '../platform/units.js'

/** `--slo 'query_p99<20ms'`: a figure of the result, a comparison, a limit. What figures there are is the benchmark's to say. */

export interface Metric<Result> {
  label: string
  unit: 'ms' | '/s' | ''
  of(result: Result): number | null
}
export type Metrics<Result> = Readonly<Record<string, Metric<Result>>>

export interface Threshold {
  text: string
  metric: string
  comparison: '<' | '<=' | '>' | '>='
  limit: number
}

export const JudgedThresholdSchema = v.object({
  text: v.string(),
  label: v.string(),
  met: v.boolean(),
  measured: v.nullable(v.number()),
  unit: v.string(),
})
export type JudgedThreshold = v.InferOutput<typeof JudgedThresholdSchema>

/**
 * Times without a unit are milliseconds.
 * @throws UsageError naming the metrics that are known
 */
export function parseThreshold<Result>(text: string, metrics: Metrics<Result>): Threshold {
  const match = /^\s*([\w.]+)\s*(<=|>=|<|>)\s*([\d.]+)\s*(ms|s|\/s)?\s*$/.exec(text)
  if (!match || !Object.hasOwn(metrics, match[1]))
    throw new UsageError(`A threshold can't be read: "${text}"`, {
      code: 'AIB_SLO',
      hints: [
        `metrics: ${Object.keys(metrics).join(' ')}`,
        `--slo '${Object.keys(metrics).find((name) => name.endsWith('p99'))}<20ms'`,
      ],
    })
  const [, metric, comparison, number, unit] = match
  const isTime = metrics[metric].unit === 'ms'
  const limit = isTime ? parseDurationMs(number + (unit ?? 'ms')) : Number(number)
  if (limit === undefined || Number.isNaN(limit))
    throw new UsageError(`A threshold has no number: "${text}"`, { code: 'AIB_SLO' })
  return { text: text.trim(), metric, comparison: comparison as Threshold['comparison'], limit }
}

/** A figure that is missing misses its threshold: nothing measured is no proof. */
export function judgeThresholds<Result>(
  thresholds: readonly Threshold[],
  metrics: Metrics<Result>,
  result: Result,
): JudgedThreshold[] {
  return thresholds.map(({ text, metric, comparison, limit }) => {
    const { of, unit, label } = metrics[metric]
    const measured = of(result)
    const sign = comparison.replace('<=', '≤').replace('>=', '≥')
    return {
      text,
      label: `${label} ${sign} ${formatLimit(limit)}${unit === 'ms' ? ' ms' : unit}`,
      met: measured !== null && holds(measured, comparison, limit),
      measured,
      unit,
    }
  })
}

function formatLimit(limit: number): string {
  return limit >= 10_000 ? formatNumber(limit) : String(limit)
}

export function holds(
  measured: number,
  comparison: Threshold['comparison'],
  limit: number,
): boolean {
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
