import type { Exchange } from '../http/connection.js'
import { LogHistogram } from '../measure/log-histogram.js'
import { percentile } from '../measure/statistics.js'
import type { InferenceSample } from './plan.js'
import { figures, type RequestTable } from './request-table.js'
import type { ResponseStream } from './response-stream.js'
import { TimeLeft, type RepeatShape } from './time-left.js'

const PERIOD_MS = 1_000

/** An answer that is on its way; times are milliseconds of `performance.now()`. */
export interface LiveStream {
  sentMs: number
  /** NaN before the first token. */
  firstMs: number
  tokens: number
}

export function liveStream({ sentMs, response }: Exchange<ResponseStream>): LiveStream {
  const { hasContinuousUsage, completionTokens, events, firstMs } = response
  return { sentMs, firstMs, tokens: hasContinuousUsage ? completionTokens : events }
}

export interface LiveOptions {
  name: string
  shape: RepeatShape
  /** Whether the count of requests is known, or only a time at which the last is sent. */
  isCounted: boolean
  /** Output tokens of a request, as asked for; what answers have shown since takes its place. */
  tokensEach: number
  /** What is in flight just now. */
  streams(): Iterable<LiveStream>
  emit(sample: InferenceSample): void
  nowMs?: () => number
}

/**
 * The figures of a pass while it runs, once a second: of the last second, for the eye and for `series.ndjson`. Tokens and first tokens
 * count when they come, not when their request ends: looked at once a second, and not in the way of any of them.
 */
export class LiveCounters {
  readonly #options: LiveOptions
  readonly #nowMs: () => number
  readonly #left: TimeLeft
  readonly #ttfts = new LogHistogram()
  #startMs = 0
  #periodMs = 0
  #cpu = process.cpuUsage()
  #timer: NodeJS.Timeout | undefined
  #issued = 0
  #done = 0
  #failed = 0
  /** Of requests that have ended. */
  #endedTokens = 0
  #e2eMs = { sum: 0, longest: 0 }
  /** Of this period. */
  #ended = 0
  #tokensBefore = 0
  #ttft = { sum: 0, n: 0 }
  #tpot = { sum: 0, n: 0 }
  #lags: number[] = []

  constructor(options: LiveOptions) {
    this.#options = options
    this.#nowMs = options.nowMs ?? (() => performance.now())
    this.#left = new TimeLeft(options.shape)
  }

  begin(startMs: number): void {
    this.#startMs = this.#periodMs = startMs
    this.#cpu = process.cpuUsage()
    this.#timer = setInterval(() => this.sample(), PERIOD_MS).unref()
  }

  sent(dueMs: number, sentMs: number): void {
    this.#issued++
    if (!Number.isNaN(dueMs)) this.#lags.push(Math.max(0, sentMs - dueMs))
  }

  ended(table: RequestTable, row: number): void {
    this.#ended++
    const isOk = table.isOk(row)
    if (isOk) this.#done++
    else this.#failed++
    const { ttft, tpot } = figures(table)
    const e2eMs = table.get(row, 'endMs') - table.get(row, 'sentMs')
    this.#e2eMs.sum += e2eMs
    this.#e2eMs.longest = Math.max(this.#e2eMs.longest, e2eMs)
    this.#endedTokens += isOk ? table.get(row, 'outputTokens') : 0
    this.#first(this.#startMs + table.get(row, 'firstMs'), ttft(row))
    if (isOk) add(this.#tpot, tpot(row))
  }

  end(): void {
    clearInterval(this.#timer)
  }

  /** Emits the figures since the last time. */
  sample(): void {
    const nowMs = this.#nowMs()
    const seconds = (nowMs - this.#periodMs) / 1000
    const elapsedMs = nowMs - this.#startMs
    const { user, system } = process.cpuUsage(this.#cpu)
    const ascending = this.#lags.sort((a, b) => a - b)
    const streams = [...this.#options.streams()]
    for (const { sentMs, firstMs } of streams) this.#first(firstMs, firstMs - sentMs)
    const tokens = this.#endedTokens + streams.reduce((sum, stream) => sum + stream.tokens, 0)
    const leftMs = this.#leftMs(elapsedMs, streams)
    const { shape, isCounted } = this.#options
    this.#options.emit({
      type: 'sample',
      pass: this.#options.name,
      elapsedS: elapsedMs / 1000,
      leftS: leftMs === null ? null : leftMs / 1000,
      runLeftS: null,
      of: isCounted ? shape.count : null,
      issued: this.#issued,
      done: this.#done,
      failed: this.#failed,
      inFlight: this.#issued - this.#done - this.#failed,
      requestsPerSecond: this.#ended / seconds,
      // What a failed request had brought is taken back with it.
      outputTokensPerSecond: Math.max(0, tokens - this.#tokensBefore) / seconds,
      ttftMs: this.#ttft.n > 0 ? this.#ttft.sum / this.#ttft.n : null,
      ttftP99Ms: this.#ttfts.percentile(0.99),
      tpotMs: this.#tpot.n > 0 ? this.#tpot.sum / this.#tpot.n : null,
      clientCores: (user + system) / 1e6 / seconds,
      dispatchLagP99Ms: percentile(ascending, 0.99),
    })
    this.#periodMs = nowMs
    this.#cpu = process.cpuUsage()
    this.#tokensBefore = tokens
    this.#ended = 0
    this.#ttft = { sum: 0, n: 0 }
    this.#tpot = { sum: 0, n: 0 }
    this.#lags = []
  }

  /** A first token belongs to the period in which it came: before it, it was seen in flight. */
  #first(atMs: number, ttftMs: number): void {
    if (!(atMs >= this.#periodMs)) return
    add(this.#ttft, ttftMs)
    this.#ttfts.add(ttftMs)
  }

  #leftMs(elapsedMs: number, streams: readonly LiveStream[]): number | null {
    const ended = this.#done + this.#failed
    const tokensEach =
      this.#done > 0 ? this.#endedTokens / this.#done : Math.max(1, this.#options.tokensEach)
    return this.#left.at({
      elapsedMs,
      ended,
      inFlight: streams.map(({ tokens, sentMs }) => ({
        share: Math.min(1, tokens / tokensEach),
        ageMs: elapsedMs + this.#startMs - sentMs,
      })),
      e2eMs: ended > 0 ? { mean: this.#e2eMs.sum / ended, longest: this.#e2eMs.longest } : null,
    })
  }
}

function add(mean: { sum: number; n: number }, value: number): void {
  if (Number.isNaN(value)) return
  mean.sum += value
  mean.n++
}
