import type { Failure } from '../../platform/failure.js'

/** What a worker says on stdout while it works, a JSON object a line; `Sample` is its benchmark's own. */
export type WorkerEvent<Sample extends { type: 'sample' }> =
  | { type: 'phase'; phase: string; text: string }
  | { type: 'phase-done'; phase: string; text: string; ms: number }
  | Sample
  | Failure

/** The first word: it has begun. For its caller, who passes it on to nobody. */
export interface HelloEvent {
  type: 'hello'
}
