import type { WorkersUsage } from '../load/workers-usage.js'
import type { Dataset } from './dataset.js'
import type { Ingest } from './ingest.js'
import type { LevelPlan } from './levels.js'
import type { VectorResult } from './result.js'
import type { Measurement } from './summary.js'

/** Everything that was found and measured: what the result is made of. */
export interface Findings {
  startedAt: Date
  dataset: Dataset
  batch: number
  createMs: number
  ingests: readonly Ingest[]
  levels: readonly MeasuredLevel[]
  search: VectorResult['search']
  ceilingPerSecond: number | null
  usage: WorkersUsage
  /** For the result's warnings. */
  notes: readonly string[]
  complete: boolean
}

export interface MeasuredLevel {
  plan: LevelPlan
  /** One for each repeat. */
  measurements: readonly Measurement[]
}
