import { LogHistogram, type SerializedHistogram } from '../measure/log-histogram.js'
import type { Begin, Worker, WorkerOutcome } from './worker.js'
import type { RemoteWorker } from './remote-worker-process.js'
import type { InferenceConfig, InferenceSample } from './plan.js'
import { joinedNotes } from './notes.js'
import type { ServerInfo } from './preflight.js'
import { RequestTable, type SerializedTable } from './request-table.js'
import type { Repeat } from './schedule.js'

/** What the lead writes to a follower, a JSON object a line. `startMs` is on the follower's own monotonic clock. */
export type RemoteOrder =
  | { type: 'clock'; n: number }
  | { type: 'warm-up' }
  | { type: 'pass'; pass: Repeat }
  /** Of what was prepared last. */
  | { type: 'start'; startMs: number }
  | { type: 'end' }

/** What a follower answers. Clocks are `process.hrtime`, milliseconds: on one node they are the same. */
export type RemoteReply =
  | { type: 'clock'; n: number; hrMs: number }
  | { type: 'prepared' }
  | { type: 'outcome'; file: string }
  | { type: 'warmed-up' }
  | InferenceSample
  | { type: 'ready' }
  | { type: 'failed'; message: string }

export interface SerializedOutcome extends Omit<
  WorkerOutcome,
  'table' | 'itl' | 'chunkGap' | 'steadyItl' | 'steadyChunkGap'
> {
  table: SerializedTable
  itl: SerializedHistogram
  chunkGap: SerializedHistogram
  steadyItl: SerializedHistogram
  steadyChunkGap: SerializedHistogram
  usage: WorkerUsage
}

/** What a worker used in a pass. */
export interface WorkerUsage {
  clientCores: number
  loopDelayP99Ms: number | null
  peakRssBytes: number
}

/** All that followers need besides the order: passed in the file, since the order stands there too. */
export interface RemoteWorkerConfig {
  kind: 'inference-follower'
  order: InferenceConfig
  facts: ServerInfo
  share: { index: number; of: number }
}

/** Between the word and the start, when all are ready: for the word to arrive. */
const LEAD_TIME_MS = 200
/** To judge answers and to hand over. */
const LATE_MS = 120_000

export function hrMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** `performance.now()` of a point on the process's monotonic clock. */
export function fromHr(pointMs: number): number {
  return pointMs - hrMs() + performance.now()
}

/** The lead and the workers that follow it, as one: a pass is made by all, from the same moment on. */
export class Coordinator {
  readonly #lead: Worker
  readonly #followers: readonly RemoteWorker[]
  readonly #lateMs: number

  /**
   * @param totalMs of a request: so much later than the lead another may have its last answer
   * @param signal stops the followers as well: a signal of the system may have reached the lead alone
   */
  constructor(
    lead: Worker,
    followers: readonly RemoteWorker[],
    signal: AbortSignal,
    totalMs: number,
  ) {
    this.#lead = lead
    this.#lateMs = totalMs + LATE_MS
    this.#followers = followers
    const stop = () => followers.forEach((follower) => follower.stop())
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  }

  get size(): number {
    return 1 + this.#followers.length
  }

  /** Of the followers' clocks from ours, at most; null when they are all on this node. */
  get clockOffsetMs(): number | null {
    const offsets = this.#followers.map(({ offsetMs, roundTripMs }) =>
      Math.abs(offsetMs) > roundTripMs ? Math.abs(offsetMs) : 0,
    )
    return offsets.length === 0 ? null : Math.max(...offsets)
  }

  async warmUp(): Promise<void> {
    const begin = await this.#prepared(this.#lead.prepareWarmUp(), { type: 'warm-up' })
    const startMs = this.#start()
    const others = Promise.allSettled(this.#followers.map((follower) => follower.warmUp(startMs)))
    await this.#own(begin(fromHr(startMs)))
    await others
  }

  /** @returns what begins the pass, and gives what the lead made and what each follower did */
  async prepare(
    pass: Repeat,
  ): Promise<() => Promise<{ own: WorkerOutcome; others: readonly SerializedOutcome[] }>> {
    const begin = await this.#prepared(this.#lead.prepare(pass), { type: 'pass', pass })
    return async () => {
      const startMs = this.#start()
      // What one of them has lost is no reason to lose what the others have.
      const running = Promise.allSettled(this.#followers.map((follower) => follower.run(startMs)))
      const own = await this.#own(begin(fromHr(startMs)))
      return {
        own,
        others: (await running).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
      }
    }
  }

  /** One that is lost by now has said so to who started it. */
  async #prepared(own: Promise<Begin>, order: RemoteOrder): Promise<Begin> {
    const others = Promise.allSettled(this.#followers.map((one) => one.prepare(order)))
    const [begin] = await Promise.all([own, others])
    return begin
  }

  /** The lead's part; from its end on the others are late. */
  async #own<T>(work: Promise<T>): Promise<T> {
    const done = await work
    for (const follower of this.#followers) follower.expectSoon(this.#lateMs)
    return done
  }

  /** Resolves when the followers have written all that they have, and are gone. */
  async end(): Promise<void> {
    if (this.#followers.some(({ isLost }) => isLost))
      for (const follower of this.#followers) follower.stop()
    await Promise.all(this.#followers.map((follower) => follower.end()))
  }

  #start(): number {
    return hrMs() + (this.#followers.length > 0 ? LEAD_TIME_MS : 20)
  }
}

/** All workers' parts of a pass as one: rows, histograms and examples, exactly. */
export function joined(own: WorkerOutcome, others: readonly SerializedOutcome[]): WorkerOutcome {
  for (const other of others) {
    own.table.merge(RequestTable.from(other.table))
    for (const name of ['itl', 'chunkGap', 'steadyItl', 'steadyChunkGap'] as const)
      own[name].merge(LogHistogram.from(other[name]))
    own.wallMs = Math.max(own.wallMs, other.wallMs)
    own.dropped += other.dropped
    own.isLost ||= other.isLost
    own.steady = bothSteady(own.steady, other.steady)
    own.invalid = [...own.invalid, ...other.invalid].slice(0, 3)
    own.notes = joinedNotes(own.notes, other.notes)
    own.connections.opened += other.connections.opened
    own.connections.reused += other.connections.reused
    own.connections.resent += other.connections.resent
    own.connections.connectMs.push(...other.connections.connectMs)
  }
  return own
}

function bothSteady(
  a: WorkerOutcome['steady'],
  b: WorkerOutcome['steady'],
): WorkerOutcome['steady'] {
  if (!a || !b) return a ?? b
  const both = { fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.min(a.toMs, b.toMs) }
  return both.toMs > both.fromMs ? both : null
}
