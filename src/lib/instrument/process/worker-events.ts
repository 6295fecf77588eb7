/** What a worker says on stdout while it works, a JSON object a line; `Sample` is its benchmark's own. */
export type WorkerEvent<Sample extends { type: 'sample' }> =
  | { type: 'phase'; phase: string; text: string }
  | { type: 'phase-done'; phase: string; text: string; ms: number }
  | Sample
  | FailedEvent

/** The first word: it has begun. For its caller, who passes it on to nobody. */
export interface HelloEvent {
  type: 'hello'
}

/** An error of ours, to be thrown again by the caller as the class that `exitCode` says. */
export interface FailedEvent {
  type: 'failed'
  code: string
  exitCode: number
  message: string
  evidence?: string
  hints: readonly string[]
}
