import { poll, Deadline, type Clock } from '../../platform/clock.js'
import type { Http } from '../../platform/http.js'
import type { StoreAddress } from '../store.js'
import { countOf, prometheusLabel, prometheusName, type Figure } from './figures.js'

/** Whether what was told is what can be asked for. */
export interface Verified {
  /** Null when the store could not be asked. */
  isWhole: boolean | null
  /** Sentences; none when all is there. */
  findings: string[]
}

/** What was taken of what was told. */
export interface Taken {
  moments: number
  /** When the first was told, milliseconds since 1970. */
  sinceMs: number
}

/** A series and its value, as they must be found. */
interface Expected {
  series: string
  value: number
}

const QUERY_MS = 5_000
const SETTLE_MS = 10_000
/** Written out for people. */
const MOST_SHOWN = 3

/**
 * Asks for every counter, and for the count and the sum of every histogram, at the moment of the last figures: each must be there, with the
 * value that it had; and for how many moments are there, of which a Collector that is killed takes some along. One that lives hands on what
 * it has a moment later: until then it is asked again.
 */
export async function verifyStored(
  parts: { http: Http; clock: Clock; api: StoreAddress },
  run: string,
  figures: readonly Figure[],
  atMs: number,
  { withinMs = SETTLE_MS, taken }: { withinMs?: number; taken?: Taken } = {},
): Promise<Verified> {
  const expected = figures.flatMap(expectedOf)
  let found: Verified = { isWhole: null, findings: [] }
  const look = async () => {
    found = await compare(parts, run, expected, atMs)
    if (found.isWhole === true && taken)
      found = await countMoments(parts, expected[0].series, atMs, taken)
    return found.isWhole === true ? found : undefined
  }
  const deadline = new Deadline(parts.clock, withinMs)
  return (await poll(look, { deadline, firstPauseMs: 100, longestPauseMs: 1_000 })) ?? found
}

async function compare(
  { http, api }: { http: Http; api: StoreAddress },
  run: string,
  expected: readonly Expected[],
  atMs: number,
): Promise<Verified> {
  const names = [...new Set(expected.map(({ series }) => series.split('{')[0]))]
  const query = `{run=${JSON.stringify(run)},__name__=~${JSON.stringify(names.join('|'))}}`
  const answer = await valuesOf(http, api, query, atMs)
  if (typeof answer === 'string') return { isWhole: null, findings: [answer] }
  const missing = expected.filter(({ series }) => !answer.has(series))
  const apart = expected.filter(({ series, value }) => {
    const stored = answer.get(series)
    return stored !== undefined && !isSame(stored, value)
  })
  if (missing.length > MOST_SHOWN && missing.length === expected.length)
    return { isWhole: false, findings: [`none of the ${missing.length} totals was found`] }
  const findings = [
    ...shown(missing.map(({ series }) => `${series} is not there`)),
    ...shown(
      apart.map(({ series, value }) => `${series} is ${answer.get(series)} there, ${value} here`),
    ),
  ]
  return { isWhole: findings.length === 0, findings }
}

/** Every moment has a sample of every counter. */
async function countMoments(
  { http, api }: { http: Http; api: StoreAddress },
  series: string,
  atMs: number,
  { moments, sinceMs }: Taken,
): Promise<Verified> {
  const range = `${Math.ceil((atMs - sinceMs) / 1000) + 1}s`
  const answer = await valuesOf(http, api, `sum(count_over_time(${series}[${range}]))`, atMs)
  if (typeof answer === 'string') return { isWhole: null, findings: [answer] }
  const [count = 0] = answer.values()
  if (count >= moments) return { isWhole: true, findings: [] }
  const missing = moments - count
  const what = `${missing} of ${moments} moments that were taken are not there`
  return { isWhole: false, findings: [`${what}; the totals are`] }
}

/** Sums are added up in another order nowhere, and written with all digits: they are the same, or not. */
function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}

function shown(texts: readonly string[]): string[] {
  const more = texts.length - MOST_SHOWN
  return more > 0 ? [...texts.slice(0, MOST_SHOWN), `and ${more} more`] : [...texts]
}

function expectedOf(figure: Figure): Expected[] {
  const name = prometheusName(figure)
  const labels = figure.labels
  if (figure.kind === 'counter') return [{ series: seriesOf(name, labels), value: figure.value }]
  if (figure.kind === 'gauge') return []
  return [
    { series: seriesOf(`${name}_count`, labels), value: countOf(figure) },
    { series: seriesOf(`${name}_sum`, labels), value: figure.sum },
  ]
}

/** One text for one series, whatever the order of its labels; those that the way adds are left out. */
function seriesOf(name: string, labels: Readonly<Record<string, string>>): string {
  const own = Object.entries(labels)
    .map(([label, value]) => [prometheusLabel(label), value])
    .filter(([label, value]) => value !== '' && !ADDED.test(label))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `${name}{${own.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`
}

const ADDED = /^(__name__|job|instance|otel_scope_.*|exported_.*|monitors)$/

interface Answer {
  data?: { result: { metric: Record<string, string>; value: [at: number, text: string] }[] }
  error?: string
}

/** @returns each series and its value, or why there is no answer */
async function valuesOf(
  http: Http,
  { url, authorization }: StoreAddress,
  query: string,
  atMs: number,
): Promise<Map<string, number> | string> {
  const asked = new URLSearchParams({ query, time: String(atMs / 1000) })
  try {
    const { status, body } = await http.call('GET', `${url}/api/v1/query?${asked.toString()}`, {
      headers: { authorization },
      timeoutMs: QUERY_MS,
    })
    const { data, error } = answerIn(body)
    if (status !== 200 || !data) return error ?? `HTTP ${status}`
    return new Map(
      data.result.map(({ metric: { __name__ = '', ...labels }, value: [, text] }) => [
        seriesOf(__name__, labels),
        Number(text),
      ]),
    )
  } catch (error) {
    return (error as Error).message
  }
}

function answerIn(body: string): Answer {
  try {
    return JSON.parse(body) as Answer
  } catch {
    return {}
  }
}
