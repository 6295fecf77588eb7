import { RequestError } from './request-error.js'

export interface RawAnswer {
  status: number
  /** Part of the socket's own buffer where possible: copy it to keep it. */
  body: Buffer
}

interface Head {
  status: number
  /** Of the body; null when it comes in chunks. */
  length: number | null
  keepAlive: boolean
  bodyStart: number
}

const END_OF_HEAD = '\r\n\r\n'
/** A server that sends more of a head than this speaks something else. */
const LONGEST_HEAD_BYTES = 64 * 1024

/**
 * Puts an HTTP/1.1 answer together from what a socket reads: one answer at a time, since a connection has one request in flight.
 * Bodies of a known length and in chunks (RFC 9112, 6.3 and 7.1); what ends with the connection is refused, it can't be told from
 * one that was cut off. Nearly all answers arrive whole: then nothing is copied.
 */
export class AnswerReader {
  #pending: Buffer | null = null
  #head: Head | null = null
  /** After an answer: whether the connection takes another request. */
  keepAlive = true

  /**
   * @returns the answer when it is complete
   * @throws RequestError `bad_answer` for what is no HTTP
   */
  push(chunk: Buffer): RawAnswer | null {
    const bytes = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk
    this.#pending = bytes
    this.#head ??= readHead(bytes)
    if (!this.#head) return null
    const { status, length, bodyStart } = this.#head
    const body =
      length === null
        ? readChunks(bytes, bodyStart)
        : bytes.length >= bodyStart + length
          ? bytes.subarray(bodyStart, bodyStart + length)
          : null
    if (!body) return null
    this.keepAlive = this.#head.keepAlive
    this.#pending = null
    this.#head = null
    return { status, body }
  }
}

function readHead(bytes: Buffer): Head | null {
  const end = bytes.indexOf(END_OF_HEAD)
  if (end < 0) {
    if (bytes.length > LONGEST_HEAD_BYTES) throw bad('its head has no end')
    return null
  }
  const text = bytes.toString('latin1', 0, end).toLowerCase()
  const status = /^http\/1\.[01] (\d{3})/.exec(text)
  if (!status) throw bad('it is no HTTP/1.1')
  const bodyStart = end + END_OF_HEAD.length
  if (status[1].startsWith('1')) return headAfter(bytes, bodyStart)
  const length = /\r\ncontent-length:[ \t]*(\d+)/.exec(text)
  const isChunked = /\r\ntransfer-encoding:[^\r]*chunked/.test(text)
  const isEmpty = status[1] === '204' || status[1] === '304'
  if (!length && !isChunked && !isEmpty) throw bad('it has no length')
  return {
    status: Number(status[1]),
    length: isChunked ? null : isEmpty ? 0 : Number(length![1]),
    keepAlive: text.startsWith('http/1.1') && !/\r\nconnection:[^\r]*close/.test(text),
    bodyStart,
  }
}

/** An interim answer (`100 Continue`) goes before the real one. */
function headAfter(bytes: Buffer, by: number): Head | null {
  const head = readHead(bytes.subarray(by))
  return head && { ...head, bodyStart: head.bodyStart + by }
}

/** @returns null until the last chunk is there */
function readChunks(bytes: Buffer, start: number): Buffer | null {
  const parts: Buffer[] = []
  for (let at = start; ;) {
    const endOfLine = bytes.indexOf('\r\n', at)
    if (endOfLine < 0) return null
    const size = parseInt(bytes.toString('latin1', at, endOfLine), 16)
    if (!Number.isInteger(size)) throw bad('a chunk has no length')
    const from = endOfLine + 2
    if (size === 0) return bytes.indexOf('\r\n', from) < 0 ? null : Buffer.concat(parts)
    if (bytes.length < from + size + 2) return null
    parts.push(bytes.subarray(from, from + size))
    at = from + size + 2
  }
}

function bad(why: string): RequestError {
  return new RequestError('bad_answer', `The server's answer can't be read: ${why}`)
}
