import { countOf, type Figure, type Labels, type Source } from './figures.js'

/** It has ended. Source: opentelemetry-proto, metrics.proto, DataPointFlags. */
const NO_RECORDED_VALUE = 1
/** Since its start. */
const CUMULATIVE = 2

export interface Span {
  /** Since when counters count, and the moment of the figures: milliseconds since 1970. */
  startMs: number
  atMs: number
}

export const OTLP_TYPE = 'application/json'

/** One export request of OTLP over HTTP, in JSON. Written by hand: bounds, most of what there is, are put into text once. */
export function otlpBody(figures: readonly Figure[], source: Source, span: Span): string {
  const resource = attributes({
    'service.name': source.service,
    'service.instance.id': source.instance,
  })
  const metrics = [...byName(figures)].map((same) => metricOf(same, span)).join()
  return `{"resourceMetrics":[{"resource":{${resource}},"scopeMetrics":[{"scope":{},"metrics":[${metrics}]}]}]}`
}

function* byName(figures: readonly Figure[]): Iterable<readonly Figure[]> {
  const names = new Map<string, Figure[]>()
  for (const figure of figures) {
    const known = names.get(figure.name)
    if (known) known.push(figure)
    else names.set(figure.name, [figure])
  }
  yield* names.values()
}

function metricOf(same: readonly Figure[], span: Span): string {
  const { kind, name, unit } = same[0]
  const points = `"dataPoints":[${same.map((figure) => pointOf(figure, span)).join()}]`
  const named = `"name":${JSON.stringify(name)},"unit":${JSON.stringify(unit)}`
  if (kind === 'gauge') return `{${named},"gauge":{${points}}}`
  const sum = `${points},"aggregationTemporality":${CUMULATIVE}`
  if (kind === 'counter') return `{${named},"sum":{${sum},"isMonotonic":true}}`
  return `{${named},"histogram":{${sum}}}`
}

function pointOf(figure: Figure, { startMs, atMs }: Span): string {
  const common = `${attributes(figure.labels)},"timeUnixNano":"${nanos(atMs)}"`
  if (figure.kind === 'gauge')
    return figure.value === null
      ? `{${common},"flags":${NO_RECORDED_VALUE}}`
      : `{${common},"asDouble":${figure.value}}`
  const since = `${common},"startTimeUnixNano":"${nanos(startMs)}"`
  if (figure.kind === 'counter') return `{${since},"asDouble":${figure.value}}`
  const { bounds, counts, sum } = figure
  const buckets = `"bucketCounts":[${Array.prototype.join.call(counts)}],"explicitBounds":${textOf(bounds)}`
  return `{${since},"count":${countOf(figure)},"sum":${sum},${buckets}}`
}

const texts = new WeakMap<readonly number[], string>()

function textOf(bounds: readonly number[]): string {
  const known = texts.get(bounds) ?? JSON.stringify(bounds)
  texts.set(bounds, known)
  return known
}

function attributes(labels: Labels): string {
  const all = Object.entries(labels).map(
    ([key, value]) =>
      `{"key":${JSON.stringify(key)},"value":{"stringValue":${JSON.stringify(value)}}}`,
  )
  return `"attributes":[${all.join()}]`
}

/** A number of this size has no room for nanoseconds, and OTLP takes it as text. */
const nanos = (ms: number): string => `${Math.round(ms)}000000`

/** Of an answer with status 200: what was not taken all the same. Null when all was. */
export function refusedIn(body: string): string | null {
  try {
    const { partialSuccess } = JSON.parse(body) as {
      partialSuccess?: { rejectedDataPoints?: string | number; errorMessage?: string }
    }
    const rejected = Number(partialSuccess?.rejectedDataPoints ?? 0)
    return rejected > 0
      ? `${rejected} points: ${partialSuccess?.errorMessage ?? 'no reason'}`
      : null
  } catch {
    return null
  }
}
