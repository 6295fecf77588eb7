import type { Protocol, WireRequest, WireResponse } from './protocol.js'
import { RequestError } from './request-error.js'

/** Ids and distances of thousands of neighbours take a tenth of it. */
const LONGEST_BODY = 64 * 1024 * 1024
const FIRST_BYTES = 4 * 1024

/** A response that is read when it is there whole: JSON, say. Its bytes go into a buffer that is kept: nothing is allocated for them. */
export class WholeBody<Request extends WireRequest> implements WireResponse<Request> {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #size = 0
  failure: RequestError | null = null
  isHopeless = false

  begin(_request: Request): void {
    this.#size = 0
    this.failure = null
    this.isHopeless = false
  }

  feed(bytes: Buffer, from: number, to: number): void {
    const size = this.#size + to - from
    if (size > LONGEST_BODY) {
      this.failure = new RequestError('oversized_answer', 'the answer has no end')
      this.isHopeless = true
      return
    }
    if (size > this.#bytes.length) this.#grow(size)
    bytes.copy(this.#bytes, this.#size, from, to)
    this.#size = size
  }

  get hasBegun(): boolean {
    return this.#size > 0
  }

  /** Until the next request on this connection: copy it to keep it. */
  get body(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }

  verdict(): RequestError | null {
    return this.failure
  }

  settle(): void {
    // There is nothing to make up its mind about.
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#bytes.length))
    this.#bytes.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
  }
}

/** Requests that need no more than the body of their response. */
export const WHOLE_BODIES: Protocol<WireRequest, WholeBody<WireRequest>> = {
  newResponse: () => new WholeBody(),
  firstTimeoutClass: 'first_timeout',
}
