import type { WireRequest, WireResponse } from '../http/protocol.js'
import { RequestError } from '../http/request-error.js'
import {
  LONGEST_TEXT,
  MOST_PROMPT_TOKENS,
  mostBytes,
  mostEvents,
  type Expected,
} from './response-limits.js'
import { excerptOf, fromBytes, isObject, parseQuietly, wordsOf } from '../http/server-words.js'
import { errorIn } from './event-body.js'
import { EventReader } from './event-reader.js'
import { EventSplitter } from '../http/sse-splitter.js'
import { Gaps } from './gaps.js'

const EMPTY_LINE = Buffer.from('\n\n')
/** Finish reasons of an answer that the server gave up. */
const GIVEN_UP = new Set(['abort', 'error'])
/** Of what is no event: enough to say what it is. */
const MOST_STRAY = 4_096
/**
 * One answer as it comes: when its tokens came, how many, and whether it is whole. Times are those of the reads that brought the bytes.
 * A token came with an event that has text in any channel, or that raises a count which came with every token: special tokens have no
 * text. A count that can't be true (fewer than the events with text, or far beyond `max_tokens`) is none, and a total that comes behind
 * the last text is bookkeeping: no token, and no time.
 */
export class ResponseStream implements WireResponse<WireRequest & Expected> {
  readonly gaps = new Gaps()
  readonly #reader = new EventReader()
  #splitter = this.#newSplitter()
  #expected: Expected = { keepsText: false, maxTokens: Infinity, finishReason: true }
  #mostEvents = Infinity
  #bytesLeft = Infinity
  #nowMs = 0
  #pieces: string[] = []
  #textLength = 0
  #stray = ''
  #isEnding = false

  /** Of TPOT: the first token, be it one without text. */
  firstTokenMs = NaN
  #firstTextMs = NaN
  /** First of the answer itself: no reasoning, no tool call. */
  firstAnswerMs = NaN
  lastMs = NaN
  /** Events that brought tokens. */
  events = 0
  #eventsWithText = 0
  /** Of them, those that did not raise the count. */
  #uncounted = 0
  #largestRise = 0
  /** Tokens that the first of them brought; 1 when nobody counts. */
  tokensAtFirst = 1
  /** By the server's count; −1 when it never said, or what it said can't be true. */
  completionTokens = -1
  promptTokens = -1
  /** Some count was passed over: it can't be true. */
  hasOddCount = false
  /** The count came with every event, not only at the end. */
  hasContinuousUsage = false
  /** [DONE] came. */
  isDone = false
  failure: RequestError | null = null
  /** The failure is such that the rest need not be read. */
  isHopeless = false

  #newSplitter(): EventSplitter {
    return new EventSplitter({
      early: (data) => {
        this.#reader.read(data)
        if (this.#reader.event.kind === 'malformed') return false
        this.#take()
        return true
      },
      data: (data) => {
        this.#reader.read(data)
        this.#take()
      },
      error: (words) => {
        const text = fromBytes(words)
        const body = parseQuietly(text)
        if (!this.isDone) this.#fail('stream_error', body ? wordsOf(body) : excerptOf(text))
      },
      stray: (line) => {
        if (this.#stray.length < MOST_STRAY) this.#stray += `${line.slice(0, MOST_STRAY)}\n`
      },
      tooLong: () => this.#giveUp('oversized_answer', 'an event of the stream has no end'),
    })
  }

  begin(expected: Expected): void {
    const { maxTokens } = expected
    this.#expected = expected
    this.#mostEvents = mostEvents(maxTokens)
    this.#bytesLeft = mostBytes(maxTokens)
    this.#splitter = this.#newSplitter()
    this.#reader.reset()
    this.#pieces = []
    this.#stray = ''
    this.gaps.count = this.#textLength = this.#eventsWithText = 0
    this.firstTokenMs = this.#firstTextMs = this.firstAnswerMs = this.lastMs = NaN
    this.events = this.#uncounted = this.#largestRise = 0
    this.tokensAtFirst = 1
    this.completionTokens = this.promptTokens = -1
    this.hasContinuousUsage = this.hasOddCount = this.isDone = this.isHopeless = false
    this.#isEnding = false
    this.failure = null
  }

  /** Takes a piece of the body that was read at `nowMs`; the bytes may be gone after the call. */
  feed(bytes: Buffer, from: number, to: number, nowMs: number): void {
    this.#bytesLeft -= to - from
    if (this.#bytesLeft < 0) return this.#giveUp('oversized_answer', 'the answer has no end')
    this.#nowMs = nowMs
    let at = from // What is taken here leaves the splitter as it is: between two events.
    if (this.#splitter.isBetweenEvents)
      while (at < to && !this.isHopeless) {
        const end = this.#next(bytes, at, to)
        if (end < 0) break
        at = end
      }
    if (at < to && !this.isHopeless) this.#splitter.feed(bytes.toString('latin1', at, to))
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

  get hasBegun(): boolean {
    return this.events > 0
  }

  get text(): string {
    return this.#pieces.join('')
  }

  /** How the answer ended, by its own word; of several choices the one that ended worst. */
  get finishReason(): string | null {
    const reasons = this.#reader.finishReasons
    return reasons.find((reason) => GIVEN_UP.has(reason)) ?? reasons.at(-1) ?? null
  }

  /** The body is complete, as HTTP says: is the answer whole? @returns why not, or null */
  verdict(): RequestError | null {
    this.#isEnding = true
    this.#splitter.end()
    this.settle()
    this.#judgeStray()
    if (this.failure) return this.failure
    const { finishReason } = this
    if (finishReason !== null && GIVEN_UP.has(finishReason))
      return new RequestError('server_abort', `finish_reason "${finishReason}"`)
    const hasTokens = this.events > 0 || this.completionTokens > 0
    if (!hasTokens)
      return new RequestError('empty_stream', `the stream brought no token${this.#strayWords}`)
    return this.#isShownWhole ? null : new RequestError('truncated_stream', this.#whyTruncated)
  }

  /** Makes up its mind about the server's counts; whatever came of the answer. */
  settle(): void {
    const { completionTokens, events } = this
    const isFalse =
      completionTokens >= 0 &&
      (completionTokens < this.#eventsWithText || (completionTokens === 0 && events > 0))
    if (isFalse) {
      this.completionTokens = -1
      this.hasOddCount = true
    }
    this.hasContinuousUsage &&= this.completionTokens >= 0 && this.#uncounted * 2 <= events
  }

  /** By its finish_reason; of a server that never sends one by [DONE] behind all tokens that were asked for, or behind usage. */
  get #isShownWhole(): boolean {
    if (this.#reader.isFinished) return true
    const isCounted = this.completionTokens >= 0 && !this.hasContinuousUsage
    return (
      !this.#expected.finishReason &&
      this.isDone &&
      (isCounted || Math.max(this.events, this.completionTokens) >= this.#expected.maxTokens)
    )
  }

  get #whyTruncated(): string {
    const why = this.isDone
      ? '[DONE] came without a finish_reason'
      : 'neither a finish_reason nor [DONE] came'
    return why + this.#strayWords
  }

  get #strayWords(): string {
    return this.#stray === '' ? '' : `: ${excerptOf(fromBytes(this.#stray))}`
  }

  /** JSON in place of a stream: an error, or an answer in one piece. */
  #judgeStray(): void {
    if (this.failure || this.isDone || this.#stray === '') return
    const text = fromBytes(this.#stray)
    const body = parseQuietly(text)
    const error = isObject(body) ? errorIn(body) : null
    if (error !== null) this.#fail('stream_error', error)
    else if (this.events === 0 && /^\s*[[{]/.test(text))
      this.#fail('not_a_stream', `JSON in place of a stream: ${excerptOf(text)}`)
  }

  #take(): void {
    if (this.failure || this.isDone) return
    const { event } = this.#reader
    switch (event.kind) {
      case 'delta':
        return this.#delta()
      case 'done':
        this.isDone = true
        return
      case 'error':
        return this.#fail('stream_error', event.message)
      case 'malformed':
        return this.#isEnding
          ? this.#fail('truncated_stream', `it ended inside of an event: ${event.message}`)
          : this.#fail('malformed_event', event.message)
      case 'nothing':
    }
  }

  #delta(): void {
    const { event } = this.#reader
    if (event.hasOddCount) this.hasOddCount = true
    if (event.promptTokens >= 0 && event.promptTokens <= MOST_PROMPT_TOKENS)
      this.promptTokens = event.promptTokens
    if (event.hasText) this.#eventsWithText++
    const rise = this.#riseBy(event.completionTokens)
    if (!event.hasText && !(event.hasChoices && this.#isTokenWithoutText(rise))) return
    this.#token(rise)
    if (event.hasText && Number.isNaN(this.#firstTextMs)) this.#firstTextMs = this.#nowMs
    if (event.isAnswer && Number.isNaN(this.firstAnswerMs)) this.firstAnswerMs = this.#nowMs
    if (this.#expected.keepsText && event.isAnswer) this.#keep(this.#reader.answer)
  }

  /** @returns by how many tokens the count rose; 0 when there is none that can be true */
  #riseBy(counted: number): number {
    if (counted < 0) return 0
    if (counted < this.#eventsWithText || counted > this.#mostEvents) {
      this.hasOddCount = true
      return 0
    }
    const before = Math.max(this.completionTokens, 0)
    this.completionTokens = counted
    return Math.max(0, counted - before)
  }

  /** A total that stands in the last event, or behind it, is more than an event brings. */
  #isTokenWithoutText(rise: number): boolean {
    if (rise === 0) return false
    if (this.events === 0) return rise === 1 || !this.#reader.event.isFinish
    return this.hasContinuousUsage && (this.#uncounted === 0 || rise <= this.#largestRise)
  }

  #token(rise: number): void {
    const now = this.#nowMs
    if (this.events++ === 0) {
      this.firstTokenMs = now
      this.hasContinuousUsage = rise > 0
      this.tokensAtFirst = Math.max(1, rise)
    } else this.gaps.push(now - this.lastMs, rise)
    if (rise === 0) this.#uncounted++
    else if (rise > this.#largestRise) this.#largestRise = rise
    this.lastMs = now
    if (this.events > this.#mostEvents)
      this.#giveUp(
        'endless_answer',
        `${this.events} events for max_tokens ${this.#expected.maxTokens}`,
      )
  }

  #keep(text: string): void {
    this.#textLength += text.length
    if (this.#textLength <= LONGEST_TEXT) this.#pieces.push(text)
  }

  #fail(errorClass: string, message: string): void {
    this.failure ??= new RequestError(errorClass, message)
  }

  #giveUp(errorClass: string, message: string): void {
    this.#fail(errorClass, message)
    this.isHopeless = true
  }
}
