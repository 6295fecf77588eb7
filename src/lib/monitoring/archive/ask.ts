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
 * How many samples are there up to a moment, as a query counts them: without the markers of an end, whatever blocks they are in.
 * @returns undefined when it does not answer
 */
export async function countSamples(
  http: Http,
  api: StoreAddress,
  { from, at }: { from: number; at: number },
): Promise<number | undefined> {
  // Before 3.0 both ends of a range belong to it, since then only the later one: it begins where nothing is.
  const range = Math.ceil((at - from + 1_000) / 1000)
  const query = `sum(count_over_time({__name__=~".+"}[${range}s]))`
  const asked = new URLSearchParams({ query, time: (at / 1000).toFixed(3), timeout: '30s' })
  const url = `${api.url}/api/v1/query?${asked.toString()}`
  const headers = { authorization: api.authorization }
  const answer = await http.call('GET', url, { headers, timeoutMs: COUNT_MS }).catch(() => null)
  if (answer?.status !== 200) return undefined
  const { data } = answerIn(answer.body) as { data?: { result?: { value?: [number, string] }[] } }
  const [first] = data?.result ?? []
  return Number(first?.value?.[1] ?? 0)
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
