import { RequestError } from './request-error.js'
import { ResponseReader } from './response-reader.js'

export interface RawAnswer {
  status: number
  /** Part of the socket's own buffer where possible: copy it to keep it. */
  body: Buffer
}

/** Ids and distances of thousands of neighbours take a tenth of it. */
const LONGEST_BODY = 64 * 1024 * 1024

/**
 * Puts an HTTP/1.1 answer together from what a socket reads: one answer at a time, since a connection has one request in flight.
 * What ends with the connection is refused, it can't be told from one that was cut off. Nearly all answers arrive whole: then nothing
 * is copied, and else each byte once.
 */
export class AnswerReader {
  readonly #reader = new ResponseReader({
    head: (status) => (this.#status = status),
    body: (bytes, from, to) => this.#take(bytes.subarray(from, to)),
    end: (keepAlive) => {
      this.keepAlive = keepAlive
      this.#isComplete = true
    },
  })
  #status = 0
  #parts: Buffer[] = []
  #size = 0
  #isComplete = false
  /** After an answer: whether the connection takes another request. */
  keepAlive = true

  /**
   * @returns the answer when it is complete
   * @throws RequestError `bad_answer` for what is no HTTP, `oversized_answer` for what has no end
   */
  push(chunk: Buffer): RawAnswer | null {
    this.#reader.push(chunk, chunk.length)
    if (this.#reader.endsWithConnection) throw bad('it has no length')
    if (!this.#isComplete) return null
    const body = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
    this.#parts = []
    this.#size = 0
    this.#isComplete = false
    return { status: this.#status, body }
  }

  #take(part: Buffer): void {
    this.#size += part.length
    if (this.#size > LONGEST_BODY)
      throw new RequestError('oversized_answer', 'The server’s answer has no end')
    this.#parts.push(part)
  }
}

function bad(why: string): RequestError {
  return new RequestError('bad_answer', `The server's answer can't be read: ${why}`)
}
