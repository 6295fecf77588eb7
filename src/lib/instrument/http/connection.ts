import type { Socket } from 'node:net'
import type { Dialler } from './dial.js'
import type { Protocol, WireRequest, WireResponse } from './protocol.js'
import { fromSocket, RequestError } from './request-error.js'
import { ResponseReader } from './response-reader.js'
import { excerptOf, fromBytes } from './server-words.js'

export interface Timeouts {
  connectMs: number
  /** From the send until the response has begun, as its protocol sees it. */
  firstMs: number
  /** Between any two reads after that. */
  idleMs: number
  totalMs: number
}

/** One request on the wire, and how it went. Times are milliseconds of `performance.now()`. */
export interface Exchange<Response> {
  sentMs: number
  endMs: number
  status: number
  /** Set when the request had to wait for a new connection. */
  connectMs: number | null
  error: RequestError | null
  /** It met a connection that the server was closing after the response before: it was never taken, and can be sent on another. */
  metClosing: boolean
  /** The connection's own: the next request on it begins another. */
  response: Response
}

/**
 * All connections read into this one buffer: what was read is looked at before the next read begins, and nothing is allocated for it.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024)
/** Of a refusal: enough to say what the server complains about. */
const LONGEST_ERROR_BODY = 4_096
/** A refusal that is longer is not read to its end. */
const MOST_OF_REFUSAL = 1024 * 1024
/** A connection that is closed so soon after a response, and without a byte of the next one, was closed by the response before. */
const CLOSING_MS = 100

/**
 * A connection that is kept: one request at a time. Bytes are stamped when the socket gives them, then read as far as they go. No retries,
 * no hidden time-outs: each limit is a failure of its own class, found by {@link expire}, which the owner calls.
 */
export class Connection<Request extends WireRequest, Response extends WireResponse<Request>> {
  readonly #socket: Socket
  readonly #reader: ResponseReader
  readonly #openedMs = performance.now()
  readonly #response: Response
  readonly #protocol: Protocol<Request, Response>
  readonly #timeouts: Timeouts
  #onEnd: ((exchange: Exchange<Response>) => void) | null = null
  #onOpen: (() => void) | null = null
  #exchange: Exchange<Response>
  #errorBody = ''
  #errorBytes = 0
  #isConnected = false
  /** Waits for the connection: nothing is written before the server is known to be the one that is meant. */
  #held: Buffer | null = null
  #lastReadMs = 0
  /** When it gave its last response. */
  #respondedMs = -Infinity
  /** It takes another request. */
  isUsable = true
  idleSinceMs = Infinity
  connectMs = NaN

  constructor(dialler: Dialler, protocol: Protocol<Request, Response>, timeouts: Timeouts) {
    this.#protocol = protocol
    this.#timeouts = timeouts
    this.#response = protocol.newResponse()
    this.#exchange = this.#newExchange(NaN)
    this.#reader = new ResponseReader({
      head: (status) => (this.#exchange.status = status),
      body: (bytes, from, to) => this.#body(bytes, from, to),
      end: (keepAlive) => this.#ended(keepAlive),
    })
    this.#socket = dialler.open({
      onOpen: () => this.#connected(),
      read: { buffer: READ_BUFFER, callback: (length) => this.#read(length) },
      allowHalfOpen: true,
    })
    this.#socket.once('error', (error: NodeJS.ErrnoException) => this.#fail(fromSocket(error)))
    this.#socket.once('end', () => this.#endOfInput())
    this.#socket.once('close', () => this.#closedByServer())
  }

  /** Resolves when the connection is there, or has failed: the first request will say how. */
  opened(): Promise<void> {
    return this.#isConnected || !this.isUsable
      ? Promise.resolve()
      : new Promise((resolve) => (this.#onOpen = resolve))
  }

  /**
   * `onEnd` is called once, whatever happens.
   * @param sentMs earlier than now when it was sent on another connection before
   */
  send(
    request: Request,
    onEnd: (exchange: Exchange<Response>) => void,
    sentMs = performance.now(),
  ): void {
    this.#onEnd = onEnd
    this.#errorBody = ''
    this.#errorBytes = 0
    this.#response.begin(request)
    this.#exchange = this.#newExchange(sentMs)
    this.#lastReadMs = sentMs
    this.idleSinceMs = Infinity
    if (this.#isConnected) this.#socket.write(request.bytes)
    else this.#held = request.bytes
  }

  /** That is going on, or was the last. */
  get exchange(): Exchange<Response> {
    return this.#exchange
  }

  /** Looks whether a limit has passed. */
  expire(nowMs: number): void {
    if (!this.#onEnd) return
    const { connectMs, firstMs, idleMs, totalMs } = this.#timeouts
    const { sentMs } = this.#exchange
    const over = (sinceMs: number, limitMs: number) => nowMs - sinceMs > limitMs
    if (!this.#isConnected) {
      if (over(this.#openedMs, connectMs)) this.#fail(timeout('connect_timeout', connectMs))
    } else if (over(sentMs, totalMs)) this.#fail(timeout('total_timeout', totalMs))
    else if (!this.#response.hasBegun) {
      if (over(sentMs, firstMs)) this.#fail(timeout(this.#protocol.firstTimeoutClass, firstMs))
    } else if (over(this.#lastReadMs, idleMs)) this.#fail(timeout('idle_timeout', idleMs))
  }

  close(why: RequestError): void {
    this.#fail(why)
  }

  #newExchange(sentMs: number): Exchange<Response> {
    const connectMs = this.#isConnected ? null : NaN
    return {
      sentMs,
      endMs: NaN,
      status: 0,
      connectMs,
      error: null,
      metClosing: false,
      response: this.#response,
    }
  }

  #connected(): void {
    this.#isConnected = true
    this.connectMs = performance.now() - this.#openedMs
    if (this.#exchange.connectMs !== null) this.#exchange.connectMs = this.connectMs
    if (this.#held) this.#socket.write(this.#held)
    this.#held = null
    this.#onOpen?.()
  }

  #read(length: number): boolean {
    const nowMs = performance.now()
    this.#lastReadMs = nowMs
    if (!this.#onEnd) {
      // Bytes that nobody asked for: the server may close after them, or confuse the next response.
      this.isUsable = false
      this.#socket.destroy()
      return true
    }
    try {
      this.#reader.push(READ_BUFFER, length)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      this.#fail(error)
    }
    return true
  }

  /** @throws RequestError when the rest need not be read */
  #body(bytes: Buffer, from: number, to: number): void {
    const response = this.#response
    if (isGood(this.#exchange.status)) {
      const odd = inItsClass(() => response.feed(bytes, from, to, this.#lastReadMs))
      if (odd) throw odd
      if (response.isHopeless) throw response.failure!
      return
    }
    this.#errorBytes += to - from
    const room = LONGEST_ERROR_BODY - this.#errorBody.length
    if (room > 0) this.#errorBody += bytes.toString('latin1', from, Math.min(to, from + room))
    if (this.#errorBytes > MOST_OF_REFUSAL) throw this.#refusal()
  }

  #ended(keepAlive: boolean): void {
    this.isUsable &&= keepAlive
    if (!this.isUsable) this.#socket.destroy()
    const { status } = this.#exchange
    this.#finish(isGood(status) ? inItsClass(() => this.#response.verdict()) : this.#refusal())
  }

  #refusal(): RequestError {
    return new RequestError(`http_${this.#exchange.status}`, excerptOf(fromBytes(this.#errorBody)))
  }

  /**
   * A body may end with the connection. Else it was closed too early, or reset: libuv gives a reset that comes together with the last
   * bytes as an end, and only a write tells them apart.
   */
  #endOfInput(): void {
    this.isUsable = false
    if (this.#onEnd && !this.#reader.close())
      this.#socket.write('\r\n', (error) =>
        error ? this.#fail(fromSocket(error)) : this.#closedByServer(),
      )
    else this.#closedByServer()
  }

  #closedByServer(): void {
    const hasBegun = isGood(this.#exchange.status)
    this.#fail(
      hasBegun
        ? new RequestError('closed_in_stream', 'the connection was closed before the answer ended')
        : new RequestError('closed', 'the server closed the connection without an answer'),
    )
  }

  #fail(error: RequestError): void {
    this.isUsable = false
    this.#socket.destroy()
    this.#onOpen?.()
    this.#finish(error)
  }

  #finish(error: RequestError | null): void {
    const onEnd = this.#onEnd
    if (!onEnd) return
    this.#onEnd = null
    this.#exchange.endMs = performance.now()
    this.#exchange.error = error
    this.#response.settle()
    this.#exchange.metClosing =
      CLOSED_CLASSES.has(error?.errorClass ?? '') &&
      this.#lastReadMs <= this.#exchange.sentMs &&
      this.#exchange.endMs - this.#respondedMs < CLOSING_MS
    this.idleSinceMs = this.#respondedMs = this.#exchange.endMs
    onEnd(this.#exchange)
  }
}

/** Whatever a server sends, and whatever that does to us, is the failure of this one request. */
function inItsClass(read: () => RequestError | null | void): RequestError | null {
  try {
    return read() ?? null
  } catch (error) {
    return new RequestError('unreadable_answer', (error as Error).message)
  }
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300
}

const CLOSED_CLASSES = new Set(['closed', 'reset'])

function timeout(errorClass: string, limitMs: number): RequestError {
  return new RequestError(errorClass, `after ${limitMs} ms`)
}
