import type { Exchange } from '../http/connection.js'
import type { Connections } from '../http/connection-pool.js'
import type { WireRequest, WireResponse } from '../http/protocol.js'
import { defer, InFlight, soonAfter } from './in-flight.js'
import type { LiveCounters } from './live-counters.js'
import { waitUntil } from './precise-wait.js'
import { slotsOf, type Schedule, type Shard } from './schedule.js'
import type { Outcome, Tally } from './workload.js'

export interface RepeatOptions<
  Request extends WireRequest,
  Response extends WireResponse<Request>,
  T extends Tally<Request, Response>,
> {
  schedule: Schedule
  shard: Shard
  /** Makes a request ready. */
  request(index: number): Request
  connections: Connections<Request, Response>
  tally: T
  live: LiveCounters<Response>
  signal: AbortSignal
}

/** So many requests are made ready ahead. */
const AHEAD = 512
/** Near the number of ports of one address pair. */
const MOST_IN_FLIGHT = 16_000
/** In a burst, responses must be read between the sends. */
const SENDS_AT_ONCE = 32
const LOST_AFTER = 50
const LOST_CLASSES = new Set(['refused', 'reset', 'closed', 'unreachable', 'connect_timeout'])
/** Of the time between two sends, the part that may be spent on being exact. */
const SPIN_SHARE = 0.1

/** One worker's part of one repeat: sends what the schedule says and follows every request to its end. */
export class RepeatRun<
  Request extends WireRequest,
  Response extends WireResponse<Request>,
  T extends Tally<Request, Response>,
> {
  readonly #options: RepeatOptions<Request, Response, T>
  readonly #ready = new Map<number, Request>()
  /** The first that has not been made ready. */
  #nextReady: number
  readonly #inFlight: InFlight
  #startMs = 0
  #dropped = 0
  #deadInARow = 0
  #steadyFromMs = NaN
  #steadyToMs = NaN
  #lastEndMs = 0

  /** Makes the first requests ready, which takes its time with large ones. */
  constructor(options: RepeatOptions<Request, Response, T>) {
    this.#options = options
    const { schedule, shard } = options
    const most = schedule.maxInFlight
    this.#inFlight = new InFlight(most === null ? Infinity : slotsOf(most, shard))
    this.#nextReady = shard.index
    this.#makeReady(shard.index + (AHEAD - 1) * shard.of)
  }

  /** @param startMs a point of `performance.now()` */
  async from(startMs: number): Promise<Omit<Outcome<T>, 'connections' | 'startMs'>> {
    const { schedule, signal, live, tally, connections } = this.#options
    this.#startMs = startMs
    await waitUntil(startMs, signal)
    const stop = () => connections.close()
    signal.addEventListener('abort', stop)
    live.begin(startMs)
    const work = schedule.dueMs
      ? this.#bySchedule(schedule.dueMs)
      : this.#byResponses(schedule.concurrency!, schedule.count)
    using stopped = soonAfter(signal)
    await Promise.race([work, stopped.promise])
    await Promise.race([this.#inFlight.none(), stopped.promise])
    signal.removeEventListener('abort', stop)
    live.end()
    await tally.finish(signal)
    const steady = { fromMs: this.#steadyFromMs, toMs: this.#steadyToMs }
    return {
      table: tally.table,
      tally,
      steady: steady.toMs > steady.fromMs ? steady : null,
      wallMs: this.#lastEndMs,
      dropped: this.#dropped,
      isLost: this.#isLost,
    }
  }

  get #isLost(): boolean {
    return this.#deadInARow >= LOST_AFTER
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.#isLost
  }

  get #nowMs(): number {
    return performance.now() - this.#startMs
  }

  async #bySchedule(dueMs: Float64Array): Promise<void> {
    const { signal, schedule, shard } = this.#options
    const meanGapMs = dueMs.length > 1 ? dueMs[dueMs.length - 1] / (dueMs.length - 1) : Infinity
    const spinMs = Math.min(1.5, meanGapMs * SPIN_SHARE)
    let sends = 0
    for (let index = shard.index; index < dueMs.length && !this.#isOver; index += shard.of) {
      await waitUntil(this.#startMs + dueMs[index], signal, spinMs)
      await this.#inFlight.waitForSlot()
      if (signal.aborted) break
      // Only what waited for a slot can be later than the schedule's end.
      const isOverdue = this.#inFlight.fullUntilMs > (schedule.durationMs ?? Infinity)
      if (isOverdue || this.#inFlight.count >= MOST_IN_FLIGHT) this.#drop(index)
      else this.#send(index, dueMs[index])
      if (++sends % SENDS_AT_ONCE === 0) await new Promise((go) => setImmediate(go))
    }
    this.#steadyToMs = this.#nowMs
  }

  /** Every slot sends its next request when its last has ended; the number of the request is the next of this worker. */
  async #byResponses(concurrency: number, count: number): Promise<void> {
    const { shard, schedule } = this.#options
    const slots = slotsOf(concurrency, shard)
    let next = shard.index
    let running = slots
    await new Promise<void>((resolve) => {
      const slot = () => {
        const isLate = schedule.durationMs !== null && this.#nowMs >= schedule.durationMs
        if (next >= count || isLate || this.#isOver) {
          if (Number.isNaN(this.#steadyToMs)) this.#steadyToMs = this.#nowMs
          if (--running === 0) resolve()
          return
        }
        const index = next
        next += shard.of
        this.#send(index, NaN, (failed) => defer(slot, failed))
      }
      if (slots === 0) resolve()
      for (let i = 0; i < slots; i++) slot()
      this.#steadyFromMs = this.#nowMs
    })
  }

  #send(index: number, dueMs: number, onEnd?: (failed: boolean) => void): void {
    const { connections, live, shard } = this.#options
    this.#makeReady(index)
    const request = this.#ready.get(index)!
    this.#ready.delete(index)
    this.#inFlight.enter()
    const readyMs = Math.max(dueMs, this.#inFlight.fullUntilMs)
    live.sent(readyMs, this.#nowMs)
    connections.send(request, (exchange) => {
      this.#inFlight.leave(this.#nowMs, exchange.error !== null)
      // What was in flight when the run was stopped is neither a success nor a failure of the server.
      if (exchange.error?.errorClass !== 'aborted')
        live.ended(this.#add(index, dueMs, readyMs, request, exchange))
      if (Number.isNaN(this.#steadyFromMs)) this.#steadyFromMs = this.#nowMs
      onEnd?.(exchange.error !== null)
      this.#inFlight.tell()
    })
    const ahead = index + AHEAD * shard.of
    setImmediate(() => this.#makeReady(ahead))
  }

  #drop(index: number): void {
    this.#dropped++
    this.#ready.delete(index)
  }

  /** Up to this request. */
  #makeReady(index: number): void {
    const { schedule, request, shard } = this.#options
    const last = Math.min(index, schedule.count - 1)
    for (; this.#nextReady <= last; this.#nextReady += shard.of)
      this.#ready.set(this.#nextReady, request(this.#nextReady))
  }

  #add(
    index: number,
    dueMs: number,
    readyMs: number,
    request: Request,
    exchange: Exchange<Response>,
  ): number {
    const { tally } = this.#options
    const { error } = exchange
    const startMs = this.#startMs
    const sentMs = exchange.sentMs - startMs
    const endMs = exchange.endMs - startMs
    const isSteady =
      error === null && sentMs >= this.#steadyFromMs && Number.isNaN(this.#steadyToMs)
    const errorClass = error ? tally.table.classOf(error.errorClass, error.message) : -1
    const row = tally.table.add({
      index,
      dueMs,
      readyMs,
      sentMs,
      endMs,
      errorClass,
      isSteady: Number(isSteady),
    })
    this.#lastEndMs = Math.max(this.#lastEndMs, endMs)
    const isDead = error !== null && LOST_CLASSES.has(error.errorClass)
    this.#deadInARow = isDead ? this.#deadInARow + 1 : 0
    tally.ended({ row, request, exchange, startMs, isSteady })
    return row
  }
}
