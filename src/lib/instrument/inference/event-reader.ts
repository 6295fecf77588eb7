import { excerptOf, fromBytes, isObject, parseQuietly } from '../http/server-words.js'
import { contentOf, errorIn, type Body, type Choice } from './event-body.js'

/** What one event of a stream says. One object is used again and again: read it before the next event. */
export interface StreamEvent {
  /** `nothing`: a keep-alive, or an event of which nothing is meant for us. */
  kind: 'delta' | 'done' | 'error' | 'malformed' | 'nothing'
  /** Some channel brought something: content, text, reasoning, refusal or a tool call. */
  hasText: boolean
  /** The channel was the answer itself. */
  isAnswer: boolean
  /** False for an event that only counts: it ends the stream and brings no token. */
  hasChoices: boolean
  /** Some choice ended with this event. */
  isFinish: boolean
  /** Tokens of the answer until now, as the server counts; −1 when the event does not say, or what can't be a count. */
  completionTokens: number
  promptTokens: number
  /** It has a count that can't be one: negative, broken, no number. */
  hasOddCount: boolean
  /** Of an error or a malformed event: what the server wrote. */
  message: string
}

interface Span {
  bytes: Buffer
  from: number
  to: number
}

/** What stands around the parts that change from event to event of one stream, as bytes, from `data: ` to the empty line. */
interface Pattern {
  /** Up to the quote that opens the text. */
  before: Uint8Array
  /** From the quote that closes it: to the first counter, or to the end. */
  after: Uint8Array
  /** The two counters of usage that rise; null when events bring none. */
  counters: { between: Uint8Array; behind: Uint8Array; completionIsFirst: boolean } | null
}

/**
 * Reads the events of one stream. They differ in their text and in what usage counts, and in nothing else: after one was parsed, the next
 * is compared with it around these places, byte by byte, at a twentieth of the cost of parsing. What differs anywhere else is parsed as
 * JSON and becomes the new pattern, so the fast way can't read anything differently from the slow one.
 */
export class EventReader {
  readonly event: StreamEvent = {
    kind: 'delta',
    hasText: false,
    isAnswer: false,
    hasChoices: false,
    isFinish: false,
    completionTokens: -1,
    promptTokens: -1,
    hasOddCount: false,
    message: '',
  }
  /** How each choice ended, by its index; null while it has not. */
  readonly #choices = new Map<number, string | null>()
  #pattern: Pattern | null = null
  /** Where the text of the event stands, when it was read the fast way. */
  #wire: Span | null = null
  readonly #span: Span = { bytes: Buffer.alloc(0), from: 0, to: 0 }
  #text = ''

  /** Another stream begins: with other ids. */
  reset(): void {
    this.#pattern = null
    this.#choices.clear()
  }

  /** Every choice that began has said how it ended. */
  get isFinished(): boolean {
    for (const finish of this.#choices.values()) if (finish === null) return false
    return this.#choices.size > 0
  }

  /** Of all choices, in the order in which they began. */
  get finishReasons(): string[] {
    return [...this.#choices.values()].filter((finish) => finish !== null)
  }

  /** Of the event that was read last; worked out only for those who want it, before the next read. */
  get answer(): string {
    if (!this.#wire) return this.#text
    const { bytes, from, to } = this.#wire
    const raw = bytes.toString('utf8', from, to)
    const text = raw.includes('\\') ? parseQuietly(`"${raw}"`) : raw
    return typeof text === 'string' ? text : raw
  }

  /** Reads the event that begins at `from`, when it is there whole and like the one before. @returns where it ends, or −1 */
  next(bytes: Buffer, from: number, to: number): number {
    const pattern = this.#pattern
    if (!pattern || !stands(pattern.before, bytes, from, to)) return -1
    const start = from + pattern.before.length
    const end = closingQuote(bytes, start, to)
    if (end < 0 || !stands(pattern.after, bytes, end, to)) return -1
    let at = end + pattern.after.length
    let tokens = -1
    if (pattern.counters) {
      const { between, behind, completionIsFirst } = pattern.counters
      const firstEnd = endOfDigits(bytes, at, to)
      const second = firstEnd + between.length
      if (firstEnd === at || !stands(between, bytes, firstEnd, to)) return -1
      const secondEnd = endOfDigits(bytes, second, to)
      if (secondEnd === second || !stands(behind, bytes, secondEnd, to)) return -1
      if (firstEnd - at > MOST_DIGITS || secondEnd - second > MOST_DIGITS) return -1
      tokens = completionIsFirst
        ? toNumber(bytes, at, firstEnd)
        : toNumber(bytes, second, secondEnd)
      at = secondEnd + behind.length
    }
    const { event } = this
    event.kind = 'delta'
    event.hasChoices = true
    event.hasText = event.isAnswer = end > start
    event.isFinish = event.hasOddCount = false
    event.completionTokens = tokens
    event.promptTokens = -1
    const span = this.#span
    span.bytes = bytes
    span.from = start
    span.to = end
    this.#wire = span
    return at
  }

  /** Reads the data of an event, as Latin-1 of its bytes. */
  read(wire: string): void {
    const { event } = this
    const data = fromBytes(wire)
    Object.assign(event, { kind: 'nothing', hasText: false, isAnswer: false, hasChoices: false })
    Object.assign(event, { isFinish: false, completionTokens: -1, promptTokens: -1, message: '' })
    event.hasOddCount = false
    this.#text = ''
    this.#wire = null
    const trimmed = data.trim()
    if (trimmed === '[DONE]') {
      event.kind = 'done'
      return
    }
    if (trimmed === '' || KEEP_ALIVE.test(trimmed)) return
    const body = parseQuietly(data)
    if (body === null) return
    if (typeof body !== 'object' || Array.isArray(body)) {
      Object.assign(event, { kind: 'malformed', message: excerptOf(data) })
      return
    }
    const message = errorIn(body)
    if (message === null) this.#delta(body as Body, wire)
    else Object.assign(event, { kind: 'error', message })
  }

  #delta({ choices, usage }: Body, wire: string): void {
    const { event } = this
    event.kind = 'delta'
    event.completionTokens = this.#count(usage?.completion_tokens)
    event.promptTokens = this.#count(usage?.prompt_tokens)
    const all = Array.isArray(choices) ? choices.filter(isObject) : []
    event.hasChoices = all.length > 0
    for (const choice of all) this.#choice(choice)
    if (all.length === 1 && event.isAnswer && !event.isFinish && !event.hasOddCount)
      this.#pattern = patternOf(wire, this.#text)
  }

  #count(value: unknown): number {
    if (value === undefined || value === null) return -1
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
    this.event.hasOddCount = true
    return -1
  }

  #choice({ index, text, delta, finish_reason: finishReason }: Choice): void {
    const { event } = this
    const at = typeof index === 'number' ? index : 0
    const isFirst = this.#choices.size === 0 || this.#choices.keys().next().value === at
    const { answer, hasOther } = contentOf(text, isObject(delta) ? delta : {})
    // Of several answers to one prompt the first is the one that is looked at.
    if (isFirst) this.#text += answer
    event.isAnswer ||= answer !== ''
    event.hasText ||= answer !== '' || hasOther
    const hasEnded = typeof finishReason === 'string' && !NO_REASON.has(finishReason)
    event.isFinish ||= hasEnded
    if (hasEnded) this.#choices.set(at, finishReason)
    else if (!this.#choices.has(at)) this.#choices.set(at, null)
  }
}

/** Some servers write these where others write null. */
const NO_REASON = new Set(['', 'null', 'None'])
const KEEP_ALIVE = /^\[?(ping|pong|heart-?beat|keep-?alive)\]?$/i
/** Below 2^53. */
const MOST_DIGITS = 15

/** @returns null when the event has not the usual shape: then the next is parsed too */
function patternOf(wire: string, answer: string): Pattern | null {
  const opening = /"(?:content|text)": ?"/.exec(wire)
  if (!opening) return null
  const bytes = Buffer.from(wire, 'latin1')
  const start = opening.index + opening[0].length
  const end = closingQuote(bytes, start, bytes.length)
  // A key of that name may stand elsewhere too: what was found must be what was parsed.
  if (end < 0 || parseQuietly(fromBytes(wire.slice(start - 1, end + 1))) !== answer) return null
  const before = Buffer.from(`data: ${wire.slice(0, start)}`, 'latin1')
  const rest = `${wire.slice(end)}\n\n`
  const part = (from: number, to?: number) => Buffer.from(rest.slice(from, to), 'latin1')
  const usageAt = rest.search(/"usage": ?\{/)
  if (usageAt < 0) return { before, after: part(0), counters: null }
  const [first, second, more] = [
    ...rest.slice(usageAt).matchAll(/"(total|completion)_tokens": ?(\d{1,15})(?=[,}])/g),
  ].map(([all, name, digits], i, { [i]: { index } }) => ({
    isCompletion: name === 'completion',
    from: usageAt + index + all.length - digits.length,
    to: usageAt + index + all.length,
  }))
  if (!first || !second || more || first.isCompletion === second.isCompletion) return null
  return {
    before,
    after: part(0, first.from),
    counters: {
      between: part(first.to, second.from),
      behind: part(second.to),
      completionIsFirst: first.isCompletion,
    },
  }
}

const QUOTE = 34
const BACKSLASH = 92

function stands(pattern: Uint8Array, bytes: Buffer, at: number, to: number): boolean {
  const { length } = pattern
  if (at + length > to) return false
  for (let i = 0; i < length; i++) if (bytes[at + i] !== pattern[i]) return false
  return true
}

/** @returns where the string that begins at `from` ends, −1 when it does not */
function closingQuote(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at++
  }
  return -1
}

function endOfDigits(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] >= 48 && bytes[at] <= 57) at++
  return at
}

function toNumber(bytes: Buffer, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) value = value * 10 + bytes[at] - 48
  return value
}
