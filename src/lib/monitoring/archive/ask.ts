import type { Http } from '../../platform/http.js'
import type { StoreAddress } from '../store.js'
import type { Counted, Manifest } from './manifest.js'

const SNAPSHOT_MS = 60_000
const COUNT_MS = 30_000
/** Samples come late: a scrape is stored when it ends, under the time when it began; what clients push waits a second. */
const SETTLE_MS = 5_000

/** @returns the name of the folder below `snapshots/` of its data. @throws what it said, or the socket's error */
export async function takeSnapshot(http: Http, api: StoreAddress): Promise<string> {
  const url = `${api.url}/api/v1/admin/tsdb/snapshot?skip_head=false`
  const headers = { authorization: api.authorization }
  const { status, body } = await http.call('POST', url, { headers, timeoutMs: SNAPSHOT_MS })
  const { data, error } = answerIn(body) as { data?: { name?: string }; error?: string }
  if (status === 200 && data?.name !== undefined && /^[\w-]+$/.test(data.name)) return data.name
  throw new Error(error ?? `HTTP ${status}`)
}

/**
 * How many samples are there up to a moment, as queries count them: without the markers of an end, whatever blocks they are in. Counted by
 * the names of metrics, for a count of all at once is refused: it would have series that differ in nothing but their names.
 * @returns undefined when it does not answer
 */
export async function countSamples(
  http: Http,
  api: StoreAddress,
  { from, at }: { from: number; at: number },
): Promise<number | undefined> {
  const span = { start: String(from / 1000), end: String(at / 1000) }
  const names = await ask<string[]>(http, api, 'label/__name__/values', span)
  if (!names) return undefined
  // Before 3.0 both ends of a range belong to it, since then only the later one: it begins where nothing is.
  const range = `${Math.ceil((at - from + 1_000) / 1000)}s`
  let total = 0
  for (let first = 0; first < names.length; first += NAMES_AT_ONCE) {
    const query = names
      .slice(first, first + NAMES_AT_ONCE)
      .map((name) => `(sum(count_over_time({__name__=${quoted(name)}}[${range}])) or vector(0))`)
      .join(' + ')
    const asked = { query, time: String(at / 1000), timeout: `${COUNT_MS / 1000}s` }
    const data = await ask<Vector>(http, api, 'query', asked)
    if (!data) return undefined
    total += Number(data.result[0]?.value[1] ?? 0)
  }
  return total
}

interface Vector {
  result: readonly { value: [at: number, text: string] }[]
}

const NAMES_AT_ONCE = 40

/** As PromQL reads it, which knows the same escapes as JSON. */
const quoted = (text: string) => JSON.stringify(text)

async function ask<Data>(
  http: Http,
  { url, authorization }: StoreAddress,
  path: string,
  asked: Record<string, string>,
): Promise<Data | undefined> {
  const full = `${url}/api/v1/${path}?${new URLSearchParams(asked).toString()}`
  const how = { headers: { authorization }, timeoutMs: COUNT_MS }
  const answer = await http.call('GET', full, how).catch(() => null)
  if (answer?.status !== 200) return undefined
  return (answerIn(answer.body) as { data?: Data }).data
}

/** What there is to compare later with; null when it does not answer, or when all of it is newer than it can be sure of. */
export async function countUntilSettled(
  http: Http,
  api: StoreAddress,
  { from, to }: Pick<Manifest, 'from' | 'to'>,
): Promise<Counted | null> {
  if (from === null || to === null || to - SETTLE_MS <= from) return null
  const at = to - SETTLE_MS
  const samples = await countSamples(http, api, { from, at })
  return samples === undefined ? null : { at, samples }
}

function answerIn(body: string): object {
  try {
    return JSON.parse(body) as object
  } catch {
    return {}
  }
}
