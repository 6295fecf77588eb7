import type { Exchange } from '../http/connection.js'
import type { Connections } from '../http/connection-pool.js'
import type { WireRequest, WireResponse } from '../http/protocol.js'
import type { Growing } from './growth.js'
import type { RequestTable } from './request-table.js'
import type { Schedule, Shard } from './schedule.js'

/**
 * How a kind of benchmark plugs into the load layer. It brings two things: a {@link Workload}, one in each worker, which makes its requests
 * and says when they are due; and a {@link Tally}, one for each repeat in each worker, which keeps what its responses were. When requests are
 * sent, on which connections, by how many workers on how many nodes, with which warm-up, until when, and whether the client kept up: all
 * that is here, and knows neither what is in a request nor what a response means. `Plan` tells one repeat from another: plain data, sent to
 * every worker, so that each makes its own part of the same repeat.
 */
export interface Workload<
  Request extends WireRequest,
  Response extends WireResponse<Request>,
  Repeat,
  T extends Tally<Request, Response>,
> {
  /** Connections of a repeat, by the kind's protocol and limits. */
  connect(): Connections<Request, Response>
  /** For people, in the figures of every second: `repeat 1 of 3`. */
  name(repeat: Repeat): string
  /** The same in every worker, whatever their number. */
  schedule(repeat: Repeat): Schedule
  /** @returns what makes request `index` of the repeat ready: called once for each of this worker's, ascending, ahead of its time */
  requests(repeat: Repeat): (index: number) => Request
  /** @param keep writes a line of `requests.ndjson`; what is not measured is not kept */
  tally(repeat: Repeat, shard: Shard, keep: (record: object) => void): T
}

/** What a kind keeps of the requests of one repeat. Everything in it can be joined with that of another worker, by way of a file. */
export interface Tally<Request extends WireRequest, Response> {
  /** Columns of its own stand beside those that all kinds have. */
  readonly table: RequestTable
  readonly live: LiveFigures<Response>
  /** A request has ended, well or not. Its row is there: the kind fills in its own columns. */
  ended(one: EndedRequest<Request, Response>): void
  /** Of a request that has ended: what a store of figures is told of it, beside how it ended and its time. */
  grow?(row: number, growing: Growing): void
  /** The same of what is kept of all, once a second. */
  growAll?(growing: Growing): void
  /** All requests have ended and nothing is being timed: what had to wait for that is done now, soon when `signal` is aborted. */
  finish(signal: AbortSignal): Promise<void>
  /** All but the table, for {@link merge} in another process. */
  toJSON(): object
  merge(other: object): void
}

export interface EndedRequest<Request, Response> {
  row: number
  request: Request
  exchange: Exchange<Response>
  /** Of the repeat, by `performance.now()`: times in the table count from here. */
  startMs: number
  /** It was sent, and ended, in the steady window. */
  isSteady: boolean
}

/** A request on its way, as far as its response has come. */
export type Started<Response> = Pick<Exchange<Response>, 'sentMs' | 'response'>

/** The kind's own figures while a repeat runs, once a second; beside those that all have. */
export interface LiveFigures<Response, Figures extends object = object> {
  begin(startMs: number): void
  ended(row: number): void
  /** The part of the response that has come, 0 to 1: for the time that is left. */
  share(started: Started<Response>): number
  /** Of the time since `sinceMs`. */
  look(inFlight: readonly Started<Response>[], sinceMs: number, seconds: number): Figures
}

/** The figures that a tally shows. */
export type FiguresOf<T extends { live: LiveFigures<never> }> = ReturnType<T['live']['look']>

/** Once a second while a repeat runs; for the eye and for `--events`. */
export interface LoadSample {
  type: 'sample'
  /** Its name. */
  pass: string
  elapsedS: number
  /** Until the end of the repeat; null when it can't be told. */
  leftS: number | null
  /** Until the end of all repeats; null when it can't be told. */
  runLeftS: number | null
  /** Requests of the repeat; null when a time ends it and not their number. */
  of: number | null
  issued: number
  done: number
  failed: number
  inFlight: number
  /** Over the last second. */
  requestsPerSecond: number
  clientCores: number
  dispatchLagP99Ms: number | null
}

/** What one worker measured in one repeat. */
export interface Outcome<T extends { table: RequestTable }> {
  table: T['table']
  tally: T
  /** Of `performance.now()`: the table's times count from here. */
  startMs: number
  /** Milliseconds from the start of the repeat: without its beginning and its end; null when there was no such window. */
  steady: { fromMs: number; toMs: number } | null
  /** From the start to the last end. */
  wallMs: number
  /** Not sent, since too many were in flight. */
  dropped: number
  /** Nothing but dead connections for so long that the server must be gone. */
  isLost: boolean
  connections: { opened: number; reused: number; resent: number; connectMs: number[] }
}
