import * as v from 'valibot'
import { fieldsOf, fieldsWithDefaults } from '../../options/set.js'
import { ServerAddressSchema } from '../http/access.js'
import type { LoadSample } from '../load/workload.js'
import { WORKER_CONFIG } from '../process/worker-config.js'
import type { WorkerEvent } from '../process/worker-events.js'
import { count, laterPlanOptions, planOptions } from './plan-options.js'
import type { QueryFigures } from './live-queries.js'

/** What a vector benchmark is asked to do: plain data, the same from flags, from `--plan FILE`, and in `plan.json`. */

export const VectorPlanSchema = v.object({
  schema: v.literal('aibench/vector-plan/1'),
  dataset: v.variant('kind', [
    v.object({
      kind: v.literal('clustered'),
      vectors: count,
      dim: count,
      seed: v.number(),
    }),
    v.object({
      kind: v.literal('iid'),
      vectors: count,
      dim: count,
      seed: v.number(),
    }),
    /** `vectors` and `dim` are bounds for a file: undefined takes what is there. */
    v.object({
      kind: v.literal('file'),
      path: v.string(),
      vectors: v.optional(count),
      dim: v.optional(count),
      seed: v.number(),
    }),
  ]),
  ...fieldsOf(planOptions),
  ...fieldsWithDefaults(laterPlanOptions),
  /** Distinct query vectors; levels cycle through them. */
  queries: count,
  /** In their place: all rows of this file. */
  queryFile: v.optional(v.string()),
  /** Neighbours of each query of that file, found by somebody else: a sample of them is checked. */
  truthFile: v.optional(v.string()),
  /** Of Chroma; absent: its defaults. */
  tenant: v.optional(v.string()),
  database: v.optional(v.string()),
  /** Somebody's server that it was made for; absent of an instance of ours. */
  server: v.optional(v.nullable(ServerAddressSchema)),
})
export type VectorPlan = v.InferOutput<typeof VectorPlanSchema>

/** The whole job of the measuring process. */
export const VectorConfigSchema = v.object({
  kind: v.literal('vectors'),
  ...WORKER_CONFIG,
  plan: VectorPlanSchema,
  /** Ground truth by content hash. */
  cacheDir: v.string(),
  collection: v.string(),
})
export type VectorConfig = v.InferOutput<typeof VectorConfigSchema>

/** Once a second while a level runs. */
export interface LevelSample extends LoadSample, QueryFigures {
  phase: 'level'
  concurrency: number
  /** Of an open loop; null in a closed one. */
  ratePerSecond: number | null
  repeat: number
  repeats: number
  /** All levels of all repeats, and which of them this is, from 1; null in a search, which ends when it has found. */
  level: number
  levels: number | null
}

/** Twice a second while the true neighbours are searched for. */
export interface TruthSample {
  type: 'sample'
  phase: 'truth'
  vectors: number
  of: number
  secondsLeft: number
}

/** Twice a second while vectors are added. */
export interface IngestSample {
  type: 'sample'
  phase: 'ingest'
  vectors: number
  of: number
  vectorsPerSecond: number
  secondsLeft: number
  batch: number
  repeat: number
  repeats: number
}
export type VectorSample = LevelSample | IngestSample | TruthSample
export type VectorEvent = WorkerEvent<VectorSample>
