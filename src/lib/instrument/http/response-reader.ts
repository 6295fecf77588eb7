import { RequestError } from './request-error.js'

/** What a response gives as it comes. Spans are of the buffer that was pushed, and last as long as the call. */
export interface ResponseSink {
  head(status: number): void
  body(bytes: Buffer, from: number, to: number): void
  /** The body is complete. `keepAlive`: the connection takes another request. */
  end(keepAlive: boolean): void
}

type State = 'head' | 'size' | 'chunk' | 'chunk-end' | 'trailer' | 'length' | 'until-close'

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const [LINE_FEED, CARRIAGE_RETURN] = [10, 13]
/** A server that sends more of a head or of a chunk's size than this speaks something else. */
const LONGEST_CARRY = 64 * 1024

/**
 * Reads HTTP/1.1 responses from the bytes of a connection, one after the other, and hands bodies on while they come: chunked, by length, or
 * until the connection closes (RFC 9112, 6.3 and 7.1). Nothing is held back but a head or a chunk's size that is not complete.
 */
export class ResponseReader {
  readonly #sink: ResponseSink
  #state: State = 'head'
  /** The part of a head or of a chunk's size that has come so far. */
  #carry: Buffer | null = null
  /** Bytes of the chunk, or of the body, that have not come yet. */
  #left = 0
  #trailerBytes = 0
  #hasEnded = false
  #keepAlive = true
  #status = 0

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** The body goes on until the connection closes: it can't be told from one that was cut off. */
  get endsWithConnection(): boolean {
    return this.#state === 'until-close'
  }

  /**
   * Bytes behind the end of a response were never asked for: they are dropped, and the connection takes no other request.
   * @throws RequestError `bad_answer` for what is no HTTP
   */
  push(bytes: Buffer, length: number): void {
    const all = this.#carry ? Buffer.concat([this.#carry, bytes.subarray(0, length)]) : bytes
    const end = this.#carry ? all.length : length
    this.#carry = null
    this.#hasEnded = false
    let at = 0
    while (at < end && !this.#hasEnded) {
      const next = this.#step(all, at, end)
      if (next < 0) {
        if (end - at > LONGEST_CARRY) throw bad('its head has no end')
        this.#carry = Buffer.from(all.subarray(at, end))
        return
      }
      at = next
    }
  }

  /** The server closed: whole only when that is how the body ends. @returns whether it was */
  close(): boolean {
    if (this.#state !== 'until-close') return false
    this.#state = 'head'
    this.#sink.end(false)
    return true
  }

  /** @returns where it goes on, or −1 when more is needed */
  #step(bytes: Buffer, at: number, end: number): number {
    switch (this.#state) {
      case 'head':
        return this.#head(bytes, at, end)
      case 'size':
        return this.#size(bytes, at, end)
      case 'chunk':
      case 'length':
        return this.#span(bytes, at, end)
      case 'chunk-end':
        if (end < at + 2) return -1
        if (bytes[at] !== CARRIAGE_RETURN || bytes[at + 1] !== LINE_FEED)
          throw bad('a chunk is longer than it says')
        this.#state = 'size'
        return at + 2
      case 'trailer':
        return this.#trailer(bytes, at, end)
      case 'until-close':
        this.#sink.body(bytes, at, end)
        return end
    }
  }

  #head(bytes: Buffer, at: number, end: number): number {
    const headEnd = bytes.indexOf(END_OF_HEAD, at)
    if (headEnd < 0 || headEnd + END_OF_HEAD.length > end) return -1
    const head = bytes.toString('latin1', at, headEnd).toLowerCase()
    const bodyAt = headEnd + END_OF_HEAD.length
    const status = /^http\/1\.[01] (\d{3})/.exec(head)
    if (!status) throw bad('not HTTP/1.1')
    this.#status = Number(status[1])
    // An interim response goes before the real one.
    if (this.#status < 200) return bodyAt
    this.#keepAlive = head.startsWith('http/1.1') && !/\r\nconnection:[^\r]*close/.test(head)
    this.#sink.head(this.#status)
    const length = /\r\ncontent-length:[ \t]*(\d+)/.exec(head)
    if (/\r\ntransfer-encoding:[^\r]*chunked/.test(head)) this.#state = 'size'
    else if (this.#status === 204 || this.#status === 304) this.#end(bodyAt < end)
    else if (!length) this.#state = 'until-close'
    else {
      this.#left = Number(length[1])
      if (this.#left === 0) this.#end(bodyAt < end)
      else this.#state = 'length'
    }
    return bodyAt
  }

  /** Hexadecimal digits up to the line's end; extensions are passed over. */
  #size(bytes: Buffer, from: number, end: number): number {
    let [size, at] = [0, from]
    for (let digit = hexValue(bytes[at]); at < end && digit >= 0; digit = hexValue(bytes[++at]))
      size = size * 16 + digit
    const hasDigits = at > from
    while (at < end && bytes[at] !== LINE_FEED) at++
    if (at >= end) return -1
    if (!hasDigits) throw bad('a chunk has no length')
    if (size > Number.MAX_SAFE_INTEGER) throw bad('a chunk has no end')
    this.#left = size
    this.#state = size === 0 ? 'trailer' : 'chunk'
    return at + 1
  }

  #span(bytes: Buffer, at: number, end: number): number {
    const to = Math.min(end, at + this.#left)
    this.#left -= to - at
    this.#sink.body(bytes, at, to)
    if (this.#left > 0) return to
    if (this.#state === 'chunk') this.#state = 'chunk-end'
    else this.#end(to < end)
    return to
  }

  #trailer(bytes: Buffer, at: number, end: number): number {
    const line = bytes.indexOf(LINE_FEED, at)
    if (line < 0 || line >= end) return -1
    if (line === at + 1) this.#end(line + 1 < end)
    else if ((this.#trailerBytes += line - at) > LONGEST_CARRY)
      throw bad('its trailers have no end')
    return line + 1
  }

  #end(hasMore: boolean): void {
    this.#state = 'head'
    this.#trailerBytes = 0
    this.#hasEnded = true
    this.#sink.end(this.#keepAlive && !hasMore)
  }
}

/** @returns −1 for what is no digit */
function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

function bad(why: string): RequestError {
  return new RequestError('bad_answer', `the answer can't be read: ${why}`)
}
