import type { ForeignRequest } from '../foreign.js'

/** What the command was told; texts are as typed. */
export interface VectorBenchRequest {
  name?: string
  /** A server that aibench did not start. */
  foreign: ForeignRequest
  /** The plan's fields given by flags; what is missing comes from the plan file or the defaults. */
  plan: Record<string, unknown>
  /** A plan's or result's file, a run's id, or `-` for stdin. */
  planFrom?: string
}
