import { join } from 'node:path'
import type { WireRequest, WireResponse } from '../http/protocol.js'
import type { Growth } from '../process/worker-events.js'
import { Recorder } from '../measure/recorder.js'
import { growingWith } from './growth.js'
import { LiveCounters } from './live-counters.js'
import { RepeatRun } from './repeat.js'
import type { Schedule, Shard } from './schedule.js'
import type { FiguresOf, LiveFigures, LoadSample, Outcome, Tally, Workload } from './workload.js'

export interface WorkerOptions<
  Request extends WireRequest,
  Response extends WireResponse<Request>,
  Repeat,
  T extends Tally<Request, Response>,
> {
  workload: Workload<Request, Response, Repeat, T>
  runDir: string
  shard: Shard
  emit(sample: LoadSample & FiguresOf<T>): void
  /** There is a store of figures: told what grows. */
  tell?: (growth: Growth) => void
  signal: AbortSignal
}

/** Begins what was prepared, at a point of `performance.now()`. */
export type Begin<T extends Tally<never, never>> = (startMs: number) => Promise<Outcome<T>>

/** What leads several workers sees of one of them, whatever it sends. */
export interface Preparing<Repeat, T extends Tally<never, never>> {
  prepare(repeat: Repeat, isMeasured: boolean): Promise<Begin<T>>
  close(): Promise<void>
}

/** A row is written with others: a call for each would cost more than the row. */
const ROWS_AT_ONCE = 256
/** What is lost of the records when this process is killed. */
const FLUSH_MS = 1_000
const MOST_WARM_CONNECTIONS = 1_024

/** One worker's part of a run: its records, and the repeats that it is told to make. */
export class Worker<
  Request extends WireRequest,
  Response extends WireResponse<Request>,
  Repeat,
  T extends Tally<Request, Response>,
> implements Preparing<Repeat, T> {
  readonly #options: WorkerOptions<Request, Response, Repeat, T>
  readonly #recorder: Recorder
  readonly #flusher: NodeJS.Timeout
  #rows: object[] = []
  #recording: Promise<void> = Promise.resolve()

  constructor(options: WorkerOptions<Request, Response, Repeat, T>) {
    this.#options = options
    this.#recorder = new Recorder(recordsPath(options.runDir, options.shard.index))
    this.#flusher = setInterval(() => this.#flush(), FLUSH_MS).unref()
  }

  /** Has requests and connections ready, so that the first is on time. @param isMeasured false: nothing is recorded, of a warm-up */
  async prepare(repeat: Repeat, isMeasured: boolean): Promise<Begin<T>> {
    const { workload, shard, emit, tell, signal } = this.#options
    const schedule = workload.schedule(repeat)
    const connections = workload.connect()
    const keep = (record: object) => void (isMeasured && this.keep(record))
    const tally = workload.tally(repeat, shard, keep)
    const { dueMs, count, durationMs } = schedule
    const live = new LiveCounters<Response, FiguresOf<T>>({
      name: workload.name(repeat),
      shape: { dueMs, count, durationMs, workers: shard.of },
      isCounted: dueMs !== null || durationMs === null,
      table: tally.table,
      figures: tally.live as LiveFigures<Response, FiguresOf<T>>,
      inFlight: () => connections.inFlight(),
      emit,
      growing: tell && growingWith(tally, tell),
    })
    const request = workload.requests(repeat)
    const run = new RepeatRun({ schedule, shard, request, connections, tally, live, signal })
    // Last, for they may not idle.
    await connections.warm(Math.ceil(connectionsFor(schedule) / shard.of))
    return async (startMs) => {
      const outcome = await run.from(startMs)
      connections.close()
      const { opened, reused, resent, connectMs } = connections
      return { ...outcome, startMs, connections: { opened, reused, resent, connectMs } }
    }
  }

  /** @throws what the file system said while records were written */
  async close(): Promise<void> {
    clearInterval(this.#flusher)
    this.#flush()
    await this.#recording
    await this.#recorder.close()
  }

  /** Writes a line of `requests.ndjson`, soon. */
  keep(record: object): void {
    if (this.#rows.push(record) >= ROWS_AT_ONCE) this.#flush()
  }

  #flush(): void {
    const rows = this.#rows
    if (rows.length === 0) return
    this.#rows = []
    this.#recording = this.#recording.then(() => this.#recorder.write(rows))
    // Thrown by close(); a full disk is not a reason to lose what is measured.
    this.#recording.catch(() => undefined)
  }
}

/** Ready before the start: all of a closed loop or a burst, a few of a rate. */
function connectionsFor({ dueMs, concurrency, maxInFlight, count }: Schedule): number {
  const atOnce = dueMs ? dueMs.findIndex((at) => at > 1) : concurrency!
  const wanted = Math.max(8, atOnce < 0 ? count : atOnce)
  return Math.min(MOST_WARM_CONNECTIONS, maxInFlight ?? wanted, wanted)
}

/** Of the worker with this number; those of the first are in the end those of all. */
export function recordsPath(runDir: string, worker: number): string {
  return join(runDir, worker === 0 ? 'requests.ndjson' : `requests-${worker}.ndjson`)
}
