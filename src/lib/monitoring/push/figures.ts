/** What a client tells of itself at one moment, all since its start: in the names of OpenTelemetry. */
export type Figure = Counter | Gauge | Histogram

interface Named {
  /** `aibench.client.requests`. */
  name: string
  /** In braces it is part of no name: `{request}`. `s` is. */
  unit: string
  labels: Labels
}

export type Labels = Readonly<Record<string, string>>

export interface Counter extends Named {
  kind: 'counter'
  value: number
}

/** Null: it has ended, and stands for nothing any more. */
export interface Gauge extends Named {
  kind: 'gauge'
  value: number | null
}

export interface Histogram extends Named {
  kind: 'histogram'
  /** Upper bounds, ascending; what is above the last is counted too, so there is one count more. */
  bounds: readonly number[]
  /** Of each bucket alone. */
  counts: ArrayLike<number>
  sum: number
}

export const countOf = ({ counts }: Histogram): number => {
  let all = 0
  for (let i = 0; i < counts.length; i++) all += counts[i]
  return all
}

/** As Prometheus calls it when it comes by OTLP. Source: docs/guides/opentelemetry.md of Prometheus, UnderscoreEscapingWithSuffixes. */
export function prometheusName({
  kind,
  name,
  unit,
}: Pick<Figure, 'kind' | 'name' | 'unit'>): string {
  const suffix = unit === 's' ? '_seconds' : ''
  return name.replaceAll('.', '_') + suffix + (kind === 'counter' ? '_total' : '')
}

export const prometheusLabel = (name: string): string => name.replaceAll('.', '_')

/** A bound as the value of `le`, the shortest that means it: 3.x writes it so for what comes by OTLP, and not as for what it scrapes. */
export const boundText = (bound: number): string => String(bound)

/** Who tells it, beside the labels of each figure. */
export interface Source {
  /** Becomes `job`. */
  service: string
  /** Becomes `instance`. */
  instance: string
}
