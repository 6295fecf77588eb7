import { Deadline, poll, type Clock } from '../../platform/clock.js'
import type { Http } from '../../platform/http.js'
import type { ServerCheck } from './result.js'
import { readServerMetrics, type ServerMetrics, type SumCount } from './server-metrics.js'

/** What the client counted over the same span. */
export interface ClientCount {
  ok: number
  failed: number
  inputTokens: number
  outputTokens: number
  ttftMeanMs: number | null
  e2eMeanMs: number | null
  /** Every request brought the server's own count. */
  hasUsage: boolean
}

/** Gauges are looked at this seldom: to answer, the server's front end writes 60 KB. What is between two looks is not seen. */
const LOOK_MS = 2_000
const SETTLE_MS = 3_000
/** Tokens may be apart by this share: those of answers that were cut off in between. */
const TOKEN_TOLERANCE = 0.005
/** A share of the prompt tokens that came from the prefix cache and that nobody would notice. */
const NOTABLE_HITS = 0.02

/** Compares what the client measured with what the server says of the same span. */
export class ServerWatcher {
  readonly #read: () => Promise<ServerMetrics | string>
  readonly #clock: Clock
  #before: ServerMetrics | string = 'was never asked'
  #timer: NodeJS.Timeout | undefined
  #seen = NOTHING_SEEN

  constructor(http: Http, clock: Clock, url: string, headers: Record<string, string>) {
    this.#read = () => readServerMetrics(http, url, headers)
    this.#clock = clock
  }

  async begin(): Promise<void> {
    this.#before = await this.#quiet()
    this.#seen = NOTHING_SEEN
    if (typeof this.#before === 'string') return
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref()
  }

  async end(client: ClientCount, isShared: boolean): Promise<ServerCheck> {
    clearInterval(this.#timer)
    if (typeof this.#before === 'string') return unavailable(this.#before)
    const after = await this.#quiet()
    if (typeof after === 'string') return unavailable(after)
    return compare(this.#before, after, client, this.#seen, isShared)
  }

  /** The server counts a request when it has ended there, a moment after the client has its last byte. */
  async #quiet(): Promise<ServerMetrics | string> {
    let last: ServerMetrics | string = 'no answer'
    const deadline = new Deadline(this.#clock, SETTLE_MS)
    const settled = async () => {
      last = await this.#read()
      if (typeof last === 'string') return last
      return (last.running ?? 0) + (last.waiting ?? 0) === 0 ? last : undefined
    }
    return (await poll(settled, { deadline, firstPauseMs: 100, longestPauseMs: 500 })) ?? last
  }

  async #look(): Promise<void> {
    const seen = await this.#read()
    if (typeof seen === 'string') return
    const { running, waiting, kvCacheShare, looks } = this.#seen
    this.#seen = {
      looks: looks + 1,
      running: Math.max(running, seen.running ?? -1),
      waiting: Math.max(waiting, seen.waiting ?? -1),
      kvCacheShare: Math.max(kvCacheShare, seen.kvCacheShare ?? -1),
    }
  }
}

/** The largest of each gauge over some looks; −1 before the first. */
const NOTHING_SEEN = { looks: 0, running: -1, waiting: -1, kvCacheShare: -1 }

/** Of a step that is not compared by itself. */
export const NOT_CHECKED: ServerCheck = unavailable('not asked')

function unavailable(why: string): ServerCheck {
  return {
    unavailable: why,
    verdict: 'unknown',
    findings: [],
    requests: null,
    outputTokens: null,
    inputTokens: null,
    ttftMs: null,
    e2eMs: null,
    queueMs: null,
    prefillMs: null,
    decodeMs: null,
    preemptions: null,
    prefixCacheHitShare: null,
    looks: 0,
    peakRunning: null,
    peakWaiting: null,
    peakKvCacheShare: null,
  }
}

function compare(
  before: ServerMetrics,
  after: ServerMetrics,
  client: ClientCount,
  seen: typeof NOTHING_SEEN,
  isShared: boolean,
): ServerCheck {
  const delta = (name: NumberName) =>
    before[name] === undefined || after[name] === undefined ? null : after[name] - before[name]
  const requests = beside(client.ok, delta('completed'))
  const outputTokens = beside(client.outputTokens, delta('generationTokens'))
  const queries = delta('prefixQueries')
  const hits = delta('prefixHits')
  const hitShare = queries && hits !== null ? hits / queries : null
  const peakOf = (value: number) => (value < 0 ? null : value)
  const isRestarted = (after.generationTokens ?? 0) < (before.generationTokens ?? 0)
  const apart = isRestarted
    ? ['the server was restarted in between: its counters began anew']
    : apartnessOf(requests, outputTokens, client)
  const findings = [...apart]
  if (hitShare !== null && hitShare > NOTABLE_HITS && !isShared)
    findings.push(
      `${Math.round(hitShare * 100)} % of the prompt tokens came from the prefix cache: prompts of an earlier run?`,
    )
  const preemptions = delta('preemptions')
  if (preemptions) findings.push(`${preemptions} requests were preempted: the KV cache was full`)
  return {
    unavailable: null,
    verdict:
      requests.difference === null ? 'unknown' : apart.length > 0 ? 'unreconciled' : 'reconciled',
    findings,
    requests,
    outputTokens,
    inputTokens: beside(client.inputTokens, delta('promptTokens')),
    ttftMs: beside(client.ttftMeanMs, meanMs(before.ttft, after.ttft)),
    e2eMs: beside(client.e2eMeanMs, meanMs(before.e2e, after.e2e)),
    queueMs: meanMs(before.queue, after.queue),
    prefillMs: meanMs(before.prefill, after.prefill),
    decodeMs: meanMs(before.decode, after.decode),
    preemptions,
    prefixCacheHitShare: hitShare,
    looks: seen.looks,
    peakRunning: peakOf(seen.running),
    peakWaiting: peakOf(seen.waiting),
    peakKvCacheShare: peakOf(seen.kvCacheShare),
  }
}

type NumberName = Exclude<keyof ServerMetrics, 'ttft' | 'e2e' | 'queue' | 'prefill' | 'decode'>

function beside(client: number | null, server: number | null) {
  return { client, server, difference: client === null || server === null ? null : client - server }
}

/** Requests that failed have tokens that only one side has counted: then tokens prove nothing. */
function apartnessOf(
  requests: ReturnType<typeof beside>,
  tokens: ReturnType<typeof beside>,
  { failed, hasUsage }: ClientCount,
): string[] {
  const found: string[] = []
  if (requests.difference)
    found.push(`the server completed ${requests.server} requests, the client ${requests.client}`)
  const limit = (tokens.server ?? 0) * TOKEN_TOLERANCE
  if (tokens.difference !== null && failed === 0 && hasUsage && Math.abs(tokens.difference) > limit)
    found.push(`the server counted ${tokens.server} tokens, the client ${tokens.client}`)
  return found
}

function meanMs(before: SumCount | undefined, after: SumCount | undefined): number | null {
  if (!before || !after || after.count === before.count) return null
  return ((after.sumS - before.sumS) / (after.count - before.count)) * 1000
}
