import * as v from 'valibot'
import { UsageError } from '../../platform/errors.js'
import { nearest } from '../../platform/nearest.js'
import { formatNumber, parseDurationMs } from '../../platform/units.js'

/** `--slo 'query_p99<20ms'`: a figure of the result, a comparison, a limit. What figures there are is the benchmark's to say. */

export interface Metric<Result> {
  label: string
  unit: 'ms' | '/s' | ''
  of(result: Result): number | null
  /** Of a percentile of the tail: the samples that it comes from, and how many it needs to be bounded by them. */
  samples?(result: Result): { n: number; needed: number }
  /** Where a figure that has several values has the one that is judged: `concurrency 8`. */
  where?(result: Result): string | null
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
  /** False: a percentile from too few samples to be bounded by them. */
  reliable: v.optional(v.boolean(), true),
  /** Samples of a percentile of the tail; null of other figures. */
  samples: v.optional(v.nullable(v.number()), null),
  /** `concurrency 8`: the level whose figure is the worst; null where there is one figure only. */
  where: v.optional(v.nullable(v.string()), null),
})
export type JudgedThreshold = v.InferOutput<typeof JudgedThresholdSchema>

export interface ThresholdWords {
  flag: '--slo' | '--goodput'
  /** One that can be pasted. */
  example: string
}

/** @throws UsageError that says what is wrong with it, and what could stand there */
export function parseThreshold<Result>(
  text: string,
  metrics: Metrics<Result>,
  { flag, example }: ThresholdWords = sloWords(metrics),
): Threshold {
  const wrong = (message: string, ...hints: string[]) =>
    new UsageError(message, {
      code: 'AIB_SLO',
      typed: text,
      hints: [...hints, `${flag} ${example}`],
    })
  const match = /^\s*([\w.]+)\s*(<=|>=|<|>)\s*([\d.]+)\s*(ms|s|\/s)?\s*$/.exec(text)
  if (!match) throw wrong(`Can't parse ${flag} "${text}"`, metricsInWords(metrics))
  const [, metric, comparison, number, unit] = match
  if (!Object.hasOwn(metrics, metric)) {
    const close = nearest(metric, Object.keys(metrics))
    throw wrong(
      `Unknown metric "${metric}" in ${flag}${close ? `; did you mean ${close}?` : ''}`,
      metricsInWords(metrics),
    )
  }
  const known = metrics[metric].unit
  if (known === 'ms' && unit !== 'ms' && unit !== 's')
    throw new UsageError(`${flag} "${text}" needs a unit: ms or s`, {
      code: 'AIB_SLO',
      typed: text,
      hints: ['ms', 's'].map((one) => `${flag} ${metric}${comparison}${number}${one}`),
    })
  if (known !== 'ms' && (unit === 'ms' || unit === 's'))
    throw wrong(`${flag} "${text}": ${metric} is not a time, so it has no unit ${unit}`)
  const limit = known === 'ms' ? parseDurationMs(number + unit) : Number(number)
  if (limit === undefined || Number.isNaN(limit))
    throw wrong(`Can't parse the number in ${flag} "${text}"`)
  return { text: text.trim(), metric, comparison: comparison as Threshold['comparison'], limit }
}

function sloWords(metrics: Metrics<never>): ThresholdWords {
  const metric = Object.keys(metrics).find((name) => name.endsWith('_p99'))
  return { flag: '--slo', example: `${metric}<20ms` }
}

/** `ttft ttfo tpot × mean p50 p99` where that is shorter than all of them in a row. */
export function metricsInWords(metrics: Metrics<never>): string {
  const names = Object.keys(metrics)
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const [, base, statistic] = /^(.+)_(mean|p\d+(?:\.\d+)?)$/.exec(name) ?? []
    if (base !== undefined) groups.set(base, [...(groups.get(base) ?? []), statistic])
  }
  const statistics = [...groups.values()][0] ?? []
  const isEven = [...groups.values()].every((some) => some.join() === statistics.join())
  if (groups.size < 2 || !isEven) return `metrics: ${names.join(' ')}`
  const others = names.filter((name) => !/_(mean|p\d+(\.\d+)?)$/.test(name))
  return `metrics: ${[...groups.keys()].join(' ')} with _${statistics.join(' _')}; also ${others.join(' ')}`
}

/** A figure that is missing misses its threshold: nothing measured is no proof. */
export function judgeThresholds<Result>(
  thresholds: readonly Threshold[],
  metrics: Metrics<Result>,
  result: Result,
): JudgedThreshold[] {
  return thresholds.map(({ text, metric, comparison, limit }) => {
    const { of, unit, label, samples, where } = metrics[metric]
    const measured = of(result)
    const sign = comparison.replace('<=', '≤').replace('>=', '≥')
    const from = samples?.(result)
    return {
      text,
      label: `${label} ${sign} ${limitText(limit, unit)}`,
      met: measured !== null && holds(measured, comparison, limit),
      measured,
      unit,
      reliable: from === undefined || from.n >= from.needed,
      samples: from?.n ?? null,
      where: where?.(result) ?? null,
    }
  })
}

/** As it was typed, but for its unit: ms below 10 s. */
function limitText(limit: number, unit: string): string {
  if (unit === 'ms') return limit < 10_000 ? `${limit} ms` : `${limit / 1000} s`
  return (limit >= 10_000 ? formatNumber(limit) : String(limit)) + unit
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
