import type { RemoteWorkerProcess } from './remote-worker-process.js'
import { fromHr, hrMs, type SerializedOutcome } from './remote-protocol.js'
import type { Begin, Preparing } from './worker.js'
import type { Outcome, Tally } from './workload.js'

/** Between the order and the start, when all are ready: for the order to arrive. */
const START_AHEAD_MS = 200
/** To judge responses and to hand over. */
const LATE_MS = 120_000

/** The worker that leads and those in other processes, as one: a repeat is made by all, from the same moment on. */
export class Coordinator<Repeat, T extends Tally<never, never>> {
  readonly #leader: Preparing<Repeat, T>
  readonly #others: readonly RemoteWorkerProcess<Repeat>[]
  readonly #lateMs: number
  readonly #forget: () => void

  /**
   * @param totalMs of a request: so much later than the leader another may have its last response
   * @param signal stops the others as well: a signal of the system may have reached the leader alone
   */
  constructor(
    leader: Preparing<Repeat, T>,
    others: readonly RemoteWorkerProcess<Repeat>[],
    signal: AbortSignal,
    totalMs: number,
  ) {
    this.#leader = leader
    this.#lateMs = totalMs + LATE_MS
    this.#others = others
    const stop = () => others.forEach((other) => other.stop())
    signal.addEventListener('abort', stop, { once: true })
    this.#forget = () => signal.removeEventListener('abort', stop)
    if (signal.aborted) stop()
  }

  get size(): number {
    return 1 + this.#others.length
  }

  /** Of the others' clocks from ours, at most; null when all are on this node. */
  get clockOffsetMs(): number | null {
    const offsets = this.#others.map(({ offsetMs, roundTripMs }) =>
      Math.abs(offsetMs) > roundTripMs ? Math.abs(offsetMs) : 0,
    )
    return offsets.length === 0 ? null : Math.max(...offsets)
  }

  async warmUp(repeat: Repeat): Promise<void> {
    const begin = await this.#prepared(repeat, false)
    const startMs = this.#start()
    const running = Promise.allSettled(this.#others.map((other) => other.warmUp(startMs)))
    await this.#own(begin(fromHr(startMs)))
    await running
  }

  /** @returns what begins the repeat, and gives what the leader made and what each of the others did */
  async prepare(
    repeat: Repeat,
  ): Promise<() => Promise<{ own: Outcome<T>; others: readonly SerializedOutcome[] }>> {
    const begin = await this.#prepared(repeat, true)
    return async () => {
      const startMs = this.#start()
      // What one of them has lost is no reason to lose what the others have.
      const running = Promise.allSettled(this.#others.map((other) => other.run(startMs)))
      const own = await this.#own(begin(fromHr(startMs)))
      return {
        own,
        others: (await running).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
      }
    }
  }

  /** One that is lost by now has said so to who started it. */
  async #prepared(repeat: Repeat, isMeasured: boolean): Promise<Begin<T>> {
    const own = this.#leader.prepare(repeat, isMeasured)
    const others = Promise.allSettled(
      this.#others.map((other) => other.prepare(repeat, isMeasured)),
    )
    const [begin] = await Promise.all([own, others])
    return begin
  }

  /** The leader's part; from its end on the others are late. */
  async #own<Done>(work: Promise<Done>): Promise<Done> {
    const done = await work
    for (const other of this.#others) other.expectSoon(this.#lateMs)
    return done
  }

  /** Resolves when the others have written all that they have, and are gone. */
  async end(): Promise<void> {
    this.#forget()
    if (this.#others.some(({ isLost }) => isLost)) for (const other of this.#others) other.stop()
    await Promise.all(this.#others.map((other) => other.end()))
  }

  #start(): number {
    return hrMs() + (this.#others.length > 0 ? START_AHEAD_MS : 20)
  }
}

/** All workers' parts of a repeat as one: rows and what the kind keeps, exactly. */
export function joined<T extends Tally<never, never>>(
  own: Outcome<T>,
  others: readonly SerializedOutcome[],
): Outcome<T> {
  for (const other of others) {
    own.table.merge(other.table)
    own.tally.merge(other.tally)
    own.wallMs = Math.max(own.wallMs, other.wallMs)
    own.dropped += other.dropped
    own.isLost ||= other.isLost
    own.steady = bothSteady(own.steady, other.steady)
    own.connections.opened += other.connections.opened
    own.connections.reused += other.connections.reused
    own.connections.resent += other.connections.resent
    own.connections.connectMs.push(...other.connections.connectMs)
  }
  return own
}

type Steady = Outcome<Tally<never, never>>['steady']

function bothSteady(a: Steady, b: Steady): Steady {
  if (!a || !b) return a ?? b
  const both = { fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.min(a.toMs, b.toMs) }
  return both.toMs > both.fromMs ? both : null
}
