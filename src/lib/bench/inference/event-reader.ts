/** What one event of a stream says. One object is used again and again: read it before the next event. */
export interface StreamEvent {
  kind: 'delta' | 'done' | 'error' | 'malformed'
  /** Some channel brought something: content, text, reasoning, refusal or a tool call. */
  hasText: boolean
  /** The channel was the answer itself. */
  isAnswer: boolean
  /** False for an event that only counts: it ends the stream and brings no token. */
  hasChoices: boolean
  finishReason: string | null
  /** Tokens of the answer until now, as the server counts; −1 when the event does not say. */
  completionTokens: number
  promptTokens: number
  /** Of an error or a malformed event: what the server wrote. */
  message: string
}

interface Body {
  error?: unknown
  choices?: readonly Choice[]
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null
}

interface Choice {
  text?: string | null
  delta?: Delta | null
  finish_reason?: string | null
}

interface Delta {
  content?: string | null
  reasoning_content?: string | null
  reasoning?: string | null
  refusal?: string | null
  tool_calls?: readonly unknown[] | null
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
    finishReason: null,
    completionTokens: -1,
    promptTokens: -1,
    message: '',
  }
  #pattern: Pattern | null = null
  /** Where the text of the event stands, when it was read the fast way. */
  #wire: Span | null = null
  readonly #span: Span = { bytes: Buffer.alloc(0), from: 0, to: 0 }
  #text = ''

  /** Another stream begins: with other ids. */
  reset(): void {
    this.#pattern = null
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
      tokens = completionIsFirst
        ? toNumber(bytes, at, firstEnd)
        : toNumber(bytes, second, secondEnd)
      at = secondEnd + behind.length
    }
    const { event } = this
    event.kind = 'delta'
    event.hasChoices = true
    event.hasText = event.isAnswer = end > start
    event.finishReason = null
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
    Object.assign(event, { kind: 'delta', hasText: false, isAnswer: false, finishReason: null })
    Object.assign(event, { completionTokens: -1, promptTokens: -1, message: '' })
    this.#text = ''
    this.#wire = null
    if (data.trim() === '[DONE]') {
      event.kind = 'done'
      return
    }
    const body = parseQuietly(data)
    if (typeof body !== 'object' || body === null) {
      Object.assign(event, { kind: 'malformed', message: data.slice(0, 200) })
      return
    }
    const { error, choices = [], usage } = body as Body
    if (error) {
      Object.assign(event, { kind: 'error', message: messageOf(error) })
      return
    }
    event.completionTokens = usage?.completion_tokens ?? -1
    event.promptTokens = usage?.prompt_tokens ?? -1
    event.hasChoices = choices.length > 0
    for (const choice of choices) this.#choice(choice)
    if (choices.length === 1 && event.isAnswer && event.finishReason === null)
      this.#pattern = patternOf(wire, this.#text)
  }

  #choice({ text, delta, finish_reason: finishReason }: Choice): void {
    const { event } = this
    const answer = text || delta?.content || ''
    const isOther =
      Boolean(delta?.reasoning_content || delta?.reasoning || delta?.refusal) ||
      (delta?.tool_calls?.length ?? 0) > 0
    this.#text += answer
    event.isAnswer ||= answer !== ''
    event.hasText ||= answer !== '' || isOther
    event.finishReason = finishReason ?? event.finishReason
  }
}

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
    ...rest.slice(usageAt).matchAll(/"(total|completion)_tokens": ?(\d+)/g),
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

/** `{"error":{"message":…,"code":…}}`, or a bare string. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const { message, code } = error as { message?: unknown; code?: unknown }
  return [code, message].filter((part) => part !== undefined && part !== null).join(': ')
}

function parseQuietly(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Latin-1 bytes as the UTF-8 that they are. */
export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
