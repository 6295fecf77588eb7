/** What a line or an event of the stream was. */
export interface EventSink {
  /**
   * Data that may be whole before the empty line is there: servers exist that never send one.
   * @returns false when it is not whole; then it comes again, as {@link data}
   */
  early(data: string): boolean
  /** The data of an event that has ended. */
  data(data: string): void
  /** An `error:` field, or an event of that name: its data, else its comments. */
  error(words: string): void
  /** What is no field of an event stream: JSON or a page of HTML in place of one. */
  stray(line: string): void
  /** A line or an event is longer than {@link LONGEST_EVENT}; nothing more will be told. */
  tooLong(): void
}

/** An event has some 300 bytes; with log probabilities and the prompt's token ids some 100 KB. */
export const LONGEST_EVENT = 4 * 1024 * 1024

const IS_ERROR = /error|exception/i
const IS_KEEP_ALIVE = /^(ping|pong|heart-?beat|keep-?alive)$/i
const MOST_COMMENT = 300

/**
 * Takes server-sent events out of text as it comes, in pieces that may be cut anywhere. Bytes stand as Latin-1: UTF-8 is read later, and
 * so can be cut anywhere too.
 * Source: HTML Living Standard, 9.2.6 (fields, comments, the three line ends); where servers depart from it, see {@link EventSink}.
 */
export class EventSplitter {
  readonly #sink: EventSink
  /** The part of a line that has come so far. */
  #line = ''
  /** Data lines of the event that is open. */
  #data: string[] = []
  #size = 0
  #name = ''
  #comment = ''
  #isFirstLine = true
  #skipLineFeed = false
  #isOver = false

  constructor(sink: EventSink) {
    this.#sink = sink
  }

  /** Nothing is open: the next byte begins an event. */
  get isBetweenEvents(): boolean {
    return (
      this.#line === '' &&
      this.#data.length === 0 &&
      this.#name === '' &&
      this.#comment === '' &&
      !this.#skipLineFeed &&
      !this.#isOver
    )
  }

  feed(text: string): void {
    let start = 0
    for (let at = 0; at < text.length && !this.#isOver; at++) {
      const code = text.charCodeAt(at)
      if (this.#skipLineFeed) {
        this.#skipLineFeed = false
        if (code === LINE_FEED) {
          start = at + 1
          continue
        }
      }
      if (code !== LINE_FEED && code !== CARRIAGE_RETURN) continue
      this.#endLine(this.#line + text.slice(start, at))
      this.#line = ''
      start = at + 1
      this.#skipLineFeed = code === CARRIAGE_RETURN
    }
    if (this.#isOver || start >= text.length) return
    this.#line += text.slice(start)
    this.#bound(this.#line.length)
  }

  /** The body is complete: what is open counts as if its empty line had come. */
  end(): void {
    if (this.#isOver) return
    this.#endLine(this.#line)
    this.#line = ''
    this.#endEvent()
  }

  #endLine(line: string): void {
    if (this.#isFirstLine) {
      this.#isFirstLine = false
      line = line.startsWith(BYTE_ORDER_MARK) ? line.slice(BYTE_ORDER_MARK.length) : line
    }
    if (line === '') this.#endEvent()
    else if (line.startsWith('data:')) this.#dataLine(valueOf(line, 5))
    else if (line.startsWith(':')) this.#commentLine(valueOf(line, 1))
    else this.#field(line)
  }

  #dataLine(data: string): void {
    this.#bound(data.length)
    if (this.#isOver) return
    const isAlone = this.#data.length === 0 && this.#name === ''
    if (isAlone && isWholePerhaps(data) && this.#sink.early(data)) return
    this.#data.push(data)
    this.#size += data.length + 1
  }

  #commentLine(comment: string): void {
    // Only an error without data is explained by one.
    if (this.#name !== '' && this.#comment.length < MOST_COMMENT)
      this.#comment += (this.#comment && ' ') + comment.slice(0, MOST_COMMENT)
  }

  #field(line: string): void {
    const [, name] = /^(data|event|id|retry|error)(?::|$)/.exec(line) ?? []
    if (name === undefined) {
      this.#sink.stray(line)
      return
    }
    const value = valueOf(line, name.length + 1)
    if (name === 'event') this.#name = value.slice(0, MOST_COMMENT)
    else if (name === 'error') this.#sink.error(value)
    else if (name === 'data') this.#dataLine('')
  }

  #endEvent(): void {
    const [name, comment, lines] = [this.#name, this.#comment, this.#data]
    if (name === '' && lines.length === 0) return
    this.#name = this.#comment = ''
    this.#data = []
    this.#size = 0
    const data = lines.join('\n')
    if (IS_ERROR.test(name)) this.#sink.error(data.trim() || comment || name)
    else if (lines.length > 0 && !IS_KEEP_ALIVE.test(name)) this.#sink.data(data)
  }

  #bound(more: number): void {
    if (this.#size + more <= LONGEST_EVENT) return
    this.#isOver = true
    this.#line = ''
    this.#data = []
    this.#sink.tooLong()
  }
}

const BYTE_ORDER_MARK = '\xef\xbb\xbf'
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const SPACE = 32

/** Behind the colon one blank is skipped. */
function valueOf(line: string, from: number): string {
  return line.slice(line.charCodeAt(from) === SPACE ? from + 1 : from)
}

function isWholePerhaps(data: string): boolean {
  return (data.startsWith('{') && data.endsWith('}')) || data === '[DONE]'
}
