import type { LogHistogram } from '../measure/log-histogram.js'
import type { Notes } from './notes.js'
import type { RequestTable } from './request-table.js'

/** What one worker measured in one pass. */
export interface RepeatOutcome {
  table: RequestTable
  /** Of successful requests: per token, and per event. */
  itl: LogHistogram
  chunkGap: LogHistogram
  /** The same of requests that were sent and ended in the steady window. */
  steadyItl: LogHistogram
  steadyChunkGap: LogHistogram
  /** Milliseconds from the start of the pass; null when there was no such window. */
  steady: { fromMs: number; toMs: number } | null
  /** From the start to the last end. */
  wallMs: number
  /** Not sent, since too many were in flight. */
  dropped: number
  /** Nothing but dead connections for so long that the server must be gone. */
  isLost: boolean
  notes: Notes
}
