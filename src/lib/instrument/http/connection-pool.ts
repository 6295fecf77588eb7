import type { Trust } from '../../platform/trust.js'
import { Connection, type Exchange, type Timeouts } from './connection.js'
import { Dialler } from './dial.js'
import type { Protocol, WireRequest, WireResponse } from './protocol.js'
import { RequestError } from './request-error.js'

export interface PoolOptions<Request extends WireRequest, Response extends WireResponse<Request>> {
  url: URL
  protocol: Protocol<Request, Response>
  timeouts: Timeouts
  /** Of an `https:` URL. */
  trust: Trust | null
}

/** Ways to one server, as many as are asked for at a time: those of the pool, or what a client library has. */
export interface Connections<Request extends WireRequest, Response extends WireResponse<Request>> {
  readonly opened: number
  readonly reused: number
  /** Requests that met a connection in its closing, and were sent on a new one. */
  readonly resent: number
  readonly connectMs: number[]
  /** Has so many ready before the clock starts; those that can't be had will be reported by requests. */
  warm(count: number): Promise<void>
  /** `onEnd` is called once, whatever happens; the response is to be read within the call. */
  send(request: Request, onEnd: (exchange: Exchange<Response>) => void): void
  inFlight(): Iterable<Exchange<Response>>
  /** Ends what is in flight, as failures of class `aborted`. */
  close(): void
}

/** Limits are looked at together, this often: a timer for every request would cost more than the request. */
const SWEEP_MS = 25
/** Servers of Python close a connection that was idle for 5 s: one that is near it is not used, else a request would meet the closing. */
const LONGEST_IDLE_MS = 4_000

/** The connections to one server, as many as are asked for at a time. The one used last is used first: the others may go idle. */
export class ConnectionPool<
  Request extends WireRequest,
  Response extends WireResponse<Request>,
> implements Connections<Request, Response> {
  readonly #dialler: Dialler
  readonly #options: PoolOptions<Request, Response>
  readonly #idle: Connection<Request, Response>[] = []
  readonly #busy = new Set<Connection<Request, Response>>()
  readonly #sweeper: NodeJS.Timeout
  opened = 0
  reused = 0
  /** Requests that met a connection in its closing, and were sent on a new one. */
  resent = 0
  readonly connectMs: number[] = []

  constructor(options: PoolOptions<Request, Response>) {
    this.#options = options
    this.#dialler = new Dialler(options.url, options.trust)
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref()
  }

  /** Has so many connections ready before the clock starts; those that can't be had will be reported by requests. */
  async warm(count: number): Promise<void> {
    const fresh = Array.from({ length: Math.max(0, count - this.#idle.length) }, () => this.#open())
    const { connectMs } = this.#options.timeouts
    const limit = new Promise((resolve) => setTimeout(resolve, connectMs).unref())
    await Promise.race([Promise.all(fresh.map((connection) => connection.opened())), limit])
    const nowMs = performance.now()
    for (const connection of fresh)
      if (connection.isUsable) {
        connection.idleSinceMs = nowMs
        this.connectMs.push(connection.connectMs)
        this.#idle.push(connection)
      }
  }

  /** `onEnd` is called once, whatever happens; the response is to be read within the call. */
  send(request: Request, onEnd: (exchange: Exchange<Response>) => void): void {
    this.#sendOn(this.#take(), request, onEnd)
  }

  /** For callers who measure nothing. The response is to be read before the next request. */
  exchange(request: Request): Promise<Exchange<Response>> {
    return new Promise((resolve) => this.send(request, resolve))
  }

  #sendOn(
    connection: Connection<Request, Response>,
    request: Request,
    onEnd: (exchange: Exchange<Response>) => void,
    sentMs?: number,
  ): void {
    this.#busy.add(connection)
    const ended = (exchange: Exchange<Response>) => {
      this.#busy.delete(connection)
      if (exchange.metClosing) {
        this.resent++
        return this.#sendOn(this.#open(), request, onEnd, exchange.sentMs)
      }
      if (exchange.connectMs !== null && !Number.isNaN(exchange.connectMs))
        this.connectMs.push(exchange.connectMs)
      // Before the caller hears of it: what it sends next can go on this connection.
      if (connection.isUsable) this.#idle.push(connection)
      onEnd(exchange)
    }
    connection.send(request, ended, sentMs)
  }

  *inFlight(): Generator<Exchange<Response>> {
    for (const { exchange } of this.#busy) yield exchange
  }

  /** Ends what is in flight, as failures of class `aborted`. */
  close(): void {
    clearInterval(this.#sweeper)
    const why = new RequestError('aborted', 'the run was stopped')
    for (const connection of [...this.#busy, ...this.#idle]) connection.close(why)
  }

  #take(): Connection<Request, Response> {
    const nowMs = performance.now()
    for (let kept = this.#idle.pop(); kept; kept = this.#idle.pop()) {
      if (kept.isUsable && nowMs - kept.idleSinceMs < LONGEST_IDLE_MS) {
        this.reused++
        return kept
      }
      kept.close(new RequestError('aborted', 'idle'))
    }
    return this.#open()
  }

  #open(): Connection<Request, Response> {
    this.opened++
    const { protocol, timeouts } = this.#options
    return new Connection(this.#dialler, protocol, timeouts)
  }

  #sweep(): void {
    const nowMs = performance.now()
    for (const connection of this.#busy) connection.expire(nowMs)
  }
}
