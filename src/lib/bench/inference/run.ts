import type { InferenceEvent, InferenceOrder } from './plan.js'
import type { InferenceResult } from './result.js'

export interface RunOptions {
  order: InferenceOrder
  emit(event: InferenceEvent): void
  signal: AbortSignal
  /** The worker's own program, started again as the null server and as further workers. */
  program?: string
}

export async function runInferenceBench(_options: RunOptions): Promise<InferenceResult> {
  throw new Error('being written')
}
