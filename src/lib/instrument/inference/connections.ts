import type { Trust } from '../../platform/trust.js'
import { Dialler } from '../http/dial.js'
import { RequestError } from '../http/request-error.js'
import type { Expected } from './response-limits.js'
import { Connection, type Exchange, type Timeouts } from './connection.js'
import type { LiveStream } from './live-counters.js'

/** Limits are looked at together, this often: a timer for every request would cost more than the request. */
const SWEEP_MS = 25
/** vLLM closes a connection that was idle for 5 s: one that is near it is not used, else a request would meet the closing. */
const LONGEST_IDLE_MS = 4_000

/** The connections to one server, as many as are asked for at a time. The one used last is used first: the others may go idle. */
export class Connections {
  readonly #dialler: Dialler
  readonly #timeouts: Timeouts
  readonly #idle: Connection[] = []
  readonly #busy = new Set<Connection>()
  readonly #sweeper: NodeJS.Timeout
  opened = 0
  reused = 0
  /** Requests that met a connection in its closing, and were sent on a new one. */
  resent = 0
  readonly connectMs: number[] = []

  constructor(url: URL, timeouts: Timeouts, trust: Trust | null = null) {
    this.#dialler = new Dialler(url, trust)
    this.#timeouts = timeouts
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref()
  }

  /** Has so many connections ready before the clock starts; those that can't be had will be reported by requests. */
  async warm(count: number): Promise<void> {
    const fresh = Array.from({ length: Math.max(0, count - this.#idle.length) }, () => this.#open())
    const limit = new Promise((resolve) => setTimeout(resolve, this.#timeouts.connectMs).unref())
    await Promise.race([Promise.all(fresh.map((connection) => connection.opened())), limit])
    const nowMs = performance.now()
    for (const connection of fresh)
      if (connection.isUsable) {
        connection.idleSinceMs = nowMs
        this.connectMs.push(connection.connectMs)
        this.#idle.push(connection)
      }
  }

  send(request: Buffer, expected: Expected, onEnd: (exchange: Exchange) => void): void {
    this.#sendOn(this.#take(), request, expected, onEnd)
  }

  #sendOn(
    connection: Connection,
    request: Buffer,
    expected: Expected,
    onEnd: (exchange: Exchange) => void,
    sentMs?: number,
  ): void {
    this.#busy.add(connection)
    const ended = (exchange: Exchange) => {
      this.#busy.delete(connection)
      if (exchange.metClosing) {
        this.resent++
        return this.#sendOn(this.#open(), request, expected, onEnd, exchange.sentMs)
      }
      if (exchange.connectMs !== null && !Number.isNaN(exchange.connectMs))
        this.connectMs.push(exchange.connectMs)
      // Before the caller hears of it: what it sends next can go on this connection.
      if (connection.isUsable) this.#idle.push(connection)
      onEnd(exchange)
    }
    connection.send(request, expected, ended, sentMs)
  }

  /** What is in flight. */
  *streams(): Generator<LiveStream> {
    for (const { exchange } of this.#busy) {
      const { hasContinuousUsage, completionTokens, events, firstMs } = exchange.answer
      const tokens = hasContinuousUsage ? completionTokens : events
      yield { sentMs: exchange.sentMs, firstMs, tokens }
    }
  }

  /** Ends what is in flight, as failures of class `aborted`. */
  close(): void {
    clearInterval(this.#sweeper)
    const why = new RequestError('aborted', 'the run was stopped')
    for (const connection of [...this.#busy, ...this.#idle]) connection.close(why)
  }

  #take(): Connection {
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

  #open(): Connection {
    this.opened++
    return new Connection(this.#dialler, this.#timeouts)
  }

  #sweep(): void {
    const nowMs = performance.now()
    for (const connection of this.#busy) connection.expire(nowMs)
  }
}
