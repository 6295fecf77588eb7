import { LogHistogram } from '../measure/log-histogram.js'
import { merging } from '../load/live-merge.js'
import type { LiveFigures, Started } from '../load/workload.js'
import type { InferenceSample } from './plan.js'
import { figures, type InferenceTable } from './request-table.js'
import type { ResponseStream } from './response-stream.js'

/** Of a stream that is on its way, what is shown of it; times are milliseconds of `performance.now()`. */
type StreamSoFar = Pick<
  ResponseStream,
  'firstMs' | 'hasContinuousUsage' | 'completionTokens' | 'events'
>

export type TokenFigures = Pick<
  InferenceSample,
  'outputTokensPerSecond' | 'ttftMs' | 'ttftP99Ms' | 'tpotMs'
>

/** Tokens and first tokens of the last second. They count when they come, not when their request ends. */
export class LiveTokens implements LiveFigures<StreamSoFar, TokenFigures> {
  readonly #table: InferenceTable
  /** Output tokens of a request, as asked for; what answers have shown since takes its place. */
  readonly #tokensEach: number
  readonly #ttfts = new LogHistogram()
  #startMs = 0
  #periodMs = 0
  #done = 0
  /** Of requests that have ended. */
  #endedTokens = 0
  #tokensBefore = 0
  #ttft = { sum: 0, n: 0 }
  #tpot = { sum: 0, n: 0 }

  constructor(table: InferenceTable, tokensEach: number) {
    this.#table = table
    this.#tokensEach = tokensEach
  }

  begin(startMs: number): void {
    this.#startMs = this.#periodMs = startMs
  }

  ended(row: number): void {
    const table = this.#table
    const { ttft, tpot } = figures(table)
    this.#first(this.#startMs + table.get(row, 'firstMs'), ttft(row))
    if (!table.isOk(row)) return
    this.#done++
    this.#endedTokens += table.get(row, 'outputTokens')
    add(this.#tpot, tpot(row))
  }

  share({ response }: Started<StreamSoFar>): number {
    const each = this.#done > 0 ? this.#endedTokens / this.#done : Math.max(1, this.#tokensEach)
    return Math.min(1, tokensOf(response) / each)
  }

  look(inFlight: readonly Started<StreamSoFar>[], sinceMs: number, seconds: number): TokenFigures {
    for (const { sentMs, response } of inFlight)
      this.#first(response.firstMs, response.firstMs - sentMs)
    const coming = inFlight.reduce((sum, { response }) => sum + tokensOf(response), 0)
    const tokens = this.#endedTokens + coming
    const [ttft, tpot] = [this.#ttft, this.#tpot]
    const found = {
      // What a failed request had brought is taken back with it.
      outputTokensPerSecond: Math.max(0, tokens - this.#tokensBefore) / seconds,
      ttftMs: ttft.n > 0 ? ttft.sum / ttft.n : null,
      ttftP99Ms: this.#ttfts.percentile(0.99),
      tpotMs: tpot.n > 0 ? tpot.sum / tpot.n : null,
    }
    this.#periodMs = sinceMs + seconds * 1000
    this.#tokensBefore = tokens
    this.#ttft = { sum: 0, n: 0 }
    this.#tpot = { sum: 0, n: 0 }
    return found
  }

  /** A first token belongs to the period in which it came: before it, it was seen in flight. */
  #first(atMs: number, ttftMs: number): void {
    if (!(atMs >= this.#periodMs)) return
    add(this.#ttft, ttftMs)
    this.#ttfts.add(ttftMs)
  }
}

/** Of all workers together. */
export function mergeTokens(all: readonly TokenFigures[]): TokenFigures {
  return {
    outputTokensPerSecond: merging.sum(all.map((one) => one.outputTokensPerSecond)),
    ttftMs: merging.mean(all.map((one) => one.ttftMs)),
    ttftP99Ms: merging.largest(all.map((one) => one.ttftP99Ms)),
    tpotMs: merging.mean(all.map((one) => one.tpotMs)),
  }
}

function tokensOf({ hasContinuousUsage, completionTokens, events }: StreamSoFar): number {
  return hasContinuousUsage ? completionTokens : events
}

function add(mean: { sum: number; n: number }, value: number): void {
  if (Number.isNaN(value)) return
  mean.sum += value
  mean.n++
}
