import type { Failure } from '../../platform/failure.js'

/** What a worker says on stdout while it works, a JSON object a line; `Sample` is its benchmark's own. */
export type WorkerEvent<Sample extends { type: 'sample' }> =
  | { type: 'phase'; phase: string; text: string }
  | { type: 'phase-done'; phase: string; text: string; ms: number }
  | Sample
  | Growth
  | Failure

/** What one process has counted since it said so last, once a second, in a run that has a store of figures. */
export interface Growth {
  type: 'growth'
  counters: Record<string, number>
  /** By bucket of `measure/time-buckets.ts`. */
  times: Record<string, { counts: [bucket: number, count: number][]; sumS: number }>
}

/** The first word: it has begun. For its caller, who passes it on to nobody. */
export interface HelloEvent {
  type: 'hello'
}
