import type { LogHistogram } from '../log-histogram.js'
import { RequestError } from '../request-error.js'
import { EventReader } from './event-reader.js'
import { EventSplitter } from './event-splitter.js'

/** Gaps between the events of a stream, kept until it is known whether the request succeeds. */
export class Gaps {
  ms = new Float64Array(256)
  /** How many tokens came with the event that ends the gap; 0 when that is not known. */
  tokens = new Int32Array(256)
  count = 0

  push(ms: number, tokens: number): void {
    if (this.count === this.ms.length) this.#grow()
    this.ms[this.count] = ms
    this.tokens[this.count++] = tokens
  }

  #grow(): void {
    const [ms, tokens] = [this.ms, this.tokens]
    this.ms = new Float64Array(ms.length * 2)
    this.tokens = new Int32Array(ms.length * 2)
    this.ms.set(ms)
    this.tokens.set(tokens)
  }
}

const EMPTY_LINE = Buffer.from('\n\n')

/** Finish reasons of an answer that the server gave up. */
const GIVEN_UP = new Set(['abort', 'error'])

/**
 * One answer as it comes: when its tokens came, how many, and whether it is whole. Times are those of the reads that brought the bytes.
 * A token came with an event that has text in any channel, or that raises the server's count: special tokens have no text.
 */
export class AnswerStream {
  readonly gaps = new Gaps()
  readonly #reader = new EventReader()
  #splitter = this.#newSplitter()
  #keepsText = false
  #nowMs = 0
  #pieces: string[] = []

  /** Of TPOT: the first token, be it one without text. */
  firstTokenMs = NaN
  #firstTextMs = NaN
  /** First of the answer itself: no reasoning, no tool call. */
  firstAnswerMs = NaN
  lastMs = NaN
  /** Events that brought tokens. */
  events = 0
  /** Tokens that the first of them brought; 1 when nobody counts. */
  tokensAtFirst = 1
  /** By the server's count; −1 when it never said. */
  completionTokens = -1
  promptTokens = -1
  /** The count came with every event, not only at the end. */
  hasContinuousUsage = false
  finishReason: string | null = null
  isDone = false
  failure: RequestError | null = null

  #newSplitter(): EventSplitter {
    return new EventSplitter((data) => {
      this.#reader.read(data)
      this.#take()
    })
  }

  begin(keepsText: boolean): void {
    this.#splitter = this.#newSplitter()
    this.#reader.reset()
    this.#keepsText = keepsText
    this.#pieces = []
    this.gaps.count = 0
    this.firstTokenMs = this.#firstTextMs = this.firstAnswerMs = this.lastMs = NaN
    this.events = 0
    this.tokensAtFirst = 1
    this.completionTokens = this.promptTokens = -1
    this.hasContinuousUsage = false
    this.finishReason = null
    this.isDone = false
    this.failure = null
  }

  /** Takes a piece of the body that was read at `nowMs`; the bytes may be gone after the call. */
  feed(bytes: Buffer, from: number, to: number, nowMs: number): void {
    this.#nowMs = nowMs
    let at = from
    while (at < to) {
      const end = this.#splitter.isBetweenEvents ? this.#next(bytes, at, to) : -1
      if (end < 0) return this.#splitter.feed(bytes.toString('latin1', at, to))
      at = end
    }
  }

  /** An event that is here whole, in the shape that servers send: one data line. @returns where it ends, or −1 */
  #next(bytes: Buffer, from: number, to: number): number {
    const alike = this.#reader.next(bytes, from, to)
    if (alike >= 0) {
      this.#take()
      return alike
    }
    const end = bytes.indexOf(EMPTY_LINE, from)
    if (end < 0 || end + 2 > to || bytes.toString('latin1', from, from + 6) !== 'data: ') return -1
    const data = bytes.toString('latin1', from + 6, end)
    // Other line ends, comments and further fields are the splitter's business.
    if (data.includes('\n') || data.includes('\r')) return -1
    this.#reader.read(data)
    this.#take()
    return end + 2
  }

  /** Of TTFT: the first text in any channel; of an answer without any, the first token that was counted. */
  get firstMs(): number {
    return Number.isNaN(this.#firstTextMs) ? this.firstTokenMs : this.#firstTextMs
  }

  get text(): string {
    return this.#pieces.join('')
  }

  /** The stream ended as HTTP: is the answer whole? @returns why not, or null */
  verdict(): RequestError | null {
    if (this.failure) return this.failure
    if (this.finishReason !== null && GIVEN_UP.has(this.finishReason))
      return new RequestError('server_abort', `finish_reason "${this.finishReason}"`)
    const hasTokens = this.events > 0 || this.completionTokens > 0
    if (!hasTokens) return new RequestError('empty_stream', 'the stream brought no token')
    if (this.finishReason === null && !this.isDone)
      return new RequestError('truncated_stream', 'neither a finish_reason nor [DONE] came')
    if (!this.isDone) return new RequestError('no_done', 'the stream ended without [DONE]')
    return null
  }

  #take(): void {
    if (this.failure) return
    const { event } = this.#reader
    if (event.kind !== 'delta') {
      if (event.kind === 'done') this.isDone = true
      else
        this.failure = new RequestError(
          event.kind === 'error' ? 'stream_error' : 'malformed_event',
          event.message,
        )
      return
    }
    if (event.promptTokens >= 0) this.promptTokens = event.promptTokens
    if (event.finishReason !== null) this.finishReason = event.finishReason
    const before = Math.max(this.completionTokens, 0)
    const counted = event.completionTokens
    if (counted >= 0) this.completionTokens = counted
    if (!event.hasText && !(event.hasChoices && counted > before)) return
    this.#token(counted >= 0 ? counted - before : 0)
    if (event.hasText && Number.isNaN(this.#firstTextMs)) this.#firstTextMs = this.#nowMs
    if (event.isAnswer && Number.isNaN(this.firstAnswerMs)) this.firstAnswerMs = this.#nowMs
    if (this.#keepsText && event.isAnswer) this.#pieces.push(this.#reader.answer)
  }

  #token(tokens: number): void {
    const now = this.#nowMs
    if (this.events++ === 0) {
      this.firstTokenMs = now
      this.hasContinuousUsage = tokens > 0
      this.tokensAtFirst = Math.max(1, tokens)
    } else this.gaps.push(now - this.lastMs, tokens)
    this.lastMs = now
  }
}

/** A gap belongs to the tokens at its end: with several in an event each has its part of it. Without a count there are chunk gaps only. */
export function addGaps(
  { gaps, hasContinuousUsage, completionTokens, events }: AnswerStream,
  itl: LogHistogram,
  chunkGap: LogHistogram,
): void {
  const isOneEach = !hasContinuousUsage && completionTokens === events
  let openMs = 0
  for (let i = 0; i < gaps.count; i++) {
    const gapMs = gaps.ms[i]
    chunkGap.add(gapMs)
    openMs += gapMs
    const tokens = isOneEach ? 1 : hasContinuousUsage ? gaps.tokens[i] : 0
    if (tokens <= 0) continue
    itl.add(openMs / tokens, tokens)
    openMs = 0
  }
}
