import * as v from 'valibot'
import { ServerAddressSchema } from '../http/access.js'
import type { LoadSample } from '../load/workload.js'
import { WORKER_CONFIG } from '../process/worker-config.js'
import type { WorkerEvent } from '../process/worker-events.js'
import type { QueryFigures } from './live-queries.js'

/** What a vector benchmark is asked to do: plain data, the same from flags, from `--plan FILE`, and in `plan.json`. */

const positiveInteger = v.pipe(v.number(), v.integer(), v.minValue(1))

export const VectorPlanSchema = v.object({
  schema: v.literal('aibench/vector-plan/1'),
  dataset: v.variant('kind', [
    v.object({
      kind: v.literal('clustered'),
      vectors: positiveInteger,
      dim: positiveInteger,
      seed: v.number(),
    }),
    v.object({
      kind: v.literal('iid'),
      vectors: positiveInteger,
      dim: positiveInteger,
      seed: v.number(),
    }),
    /** `vectors` and `dim` are bounds for a file: undefined takes what is there. */
    v.object({
      kind: v.literal('file'),
      path: v.string(),
      vectors: v.optional(positiveInteger),
      dim: v.optional(positiveInteger),
      seed: v.number(),
    }),
  ]),
  /** Null: what the data set's file says, else cosine. */
  space: v.nullable(v.picklist(['cosine', 'l2', 'ip'])),
  k: positiveInteger,
  /** Distinct query vectors; levels cycle through them. */
  queries: positiveInteger,
  /** In their place: all rows of this file. */
  queryFile: v.optional(v.string()),
  /** Neighbours of each query of that file, found by somebody else: a sample of them is checked. */
  truthFile: v.optional(v.string()),
  /** Vectors an add call; lowered to the server's own limit and to 40 MiB. */
  batch: positiveInteger,
  /** Closed loop: requests in flight. */
  concurrency: v.array(positiveInteger),
  /** Open loop when given: arrivals a second, Poisson, whatever is in flight; `concurrency` has no part in it. */
  ratePerSecond: v.nullable(v.pipe(v.number(), v.minValue(0.001))),
  /** How long each level is measured, each time. */
  durationMs: v.pipe(v.number(), v.minValue(1)),
  repeats: positiveInteger,
  client: v.picklist(['raw', 'sdk']),
  seed: v.number(),
  /** Thresholds as typed: `query_p99<20ms`. */
  slo: v.array(v.string()),
  /** Limits of each query: `query<20ms,recall>=0.9`; null when no goodput is asked for. */
  goodput: v.optional(v.nullable(v.string()), null),
  /** Looks for the highest rate at which all of `slo` hold, from `ratePerSecond` on. */
  findMaxRate: v.optional(v.boolean(), false),
  /** Worker processes; the schedule is the same for any number. */
  clients: v.optional(positiveInteger, 1),
  /** Above this share of failed requests the run has failed. */
  errorShareLimit: v.number(),
  keepCollection: v.boolean(),
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
