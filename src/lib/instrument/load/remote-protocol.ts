import type { Growth } from '../process/worker-events.js'
import type { SerializedTable } from './request-table.js'
import type { Shard } from './schedule.js'
import type { LoadSample, Outcome, Tally } from './workload.js'

/** What the leader writes to another worker, a JSON object a line. `startMs` is on that worker's own monotonic clock. */
export type RemoteOrder<Repeat> =
  | { type: 'clock'; n: number }
  | { type: 'prepare'; repeat: Repeat; isMeasured: boolean }
  /** What was prepared last. */
  | { type: 'start'; startMs: number }
  | { type: 'end' }

/** What it answers. Clocks are `process.hrtime`, milliseconds: on one node they are the same. */
export type RemoteReply =
  | { type: 'ready' }
  | { type: 'clock'; n: number; hrMs: number }
  | { type: 'prepared' }
  | LoadSample
  | Growth
  | { type: 'warmed-up' }
  | { type: 'outcome'; file: string }
  | { type: 'failed'; message: string }

/** All that a further worker needs to make its part: in a file, since some of it is what the leader has found out. */
export interface RemoteWorkerConfig<Config extends { runDir: string }, Context> {
  kind: 'remote-worker'
  /** The kind of benchmark. */
  of: string
  config: Config
  /** What the leader knows of the server. */
  context: Context
  shard: Shard
}

export interface SerializedOutcome extends Omit<Outcome<Tally<never, never>>, 'table' | 'tally'> {
  table: SerializedTable
  tally: object
  usage: WorkerUsage
}

/** What a worker used in a repeat. */
export interface WorkerUsage {
  clientCores: number
  loopDelayP99Ms: number | null
  peakRssBytes: number
}

export function hrMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** `performance.now()` of a point on the process's monotonic clock. */
export function fromHr(pointMs: number): number {
  return pointMs - hrMs() + performance.now()
}
