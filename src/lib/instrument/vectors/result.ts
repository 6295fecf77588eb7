import * as v from 'valibot'
import { ENVELOPE, FILES, INSTRUMENT, RequestsSchema, SERVER } from '../measure/envelope.js'
import { searchResult } from '../load/search-result.js'
import { LatencySchema, SpreadSchema } from '../measure/statistics.js'

/**
 * `result.json` of a vector benchmark, published as `schemas/vector-result.json`.
 * Latencies are milliseconds of successful requests; shares are 0 to 1; null means that it can't be known here.
 */

const number = v.number()
const known = v.nullable(v.number())

/** One level (a number of requests in flight, or a rate), all repeats together, plus its spread over them. */
export const LevelSchema = v.object({
  /** `closed`: that many in flight. `open`: arrivals by the schedule. */
  mode: v.picklist(['closed', 'open']),
  concurrency: number,
  ratePerSecond: known,
  queriesPerSecond: number,
  meanMs: known,
  p50Ms: known,
  p90Ms: known,
  p99Ms: known,
  p999Ms: known,
  latency: LatencySchema,
  /** From the intended time of sending: what a user waits who arrives by the schedule. Null in a closed loop. */
  fromSchedule: v.nullable(LatencySchema),
  /** Counts in 16 bins of equal width in log(latency) between min and max, for the sparkline. */
  histogram: v.array(number),
  recallAtK: known,
  issued: number,
  ok: number,
  errors: number,
  /** `timeout`, `reset`, `refused`, `http_429`, `http_500`, `bad_answer`, … */
  errorsByClass: v.record(v.string(), number),
  repeats: v.object({ queriesPerSecond: SpreadSchema, p50Ms: SpreadSchema, p99Ms: SpreadSchema }),
  /** Queries that kept all limits of one query, of all that were issued; null when none were asked for. */
  goodput: v.optional(
    v.nullable(
      v.object({ text: v.string(), good: number, perSecond: number, shareOfIssued: number }),
    ),
    null,
  ),
  /** Without the beginning and the end of each repeat; null when there was no such window. */
  steady: v.optional(
    v.nullable(
      v.object({ durationMs: number, queriesPerSecond: number, p50Ms: known, p99Ms: known }),
    ),
    null,
  ),
  peakInFlight: v.optional(known, null),
  /** Of the busiest worker. */
  clientCores: number,
  serverCores: known,
  /** Of an open loop; of older results also of a closed one. */
  dispatchLagP99Ms: known,
})
export type Level = v.InferOutput<typeof LevelSchema>

export const VectorResultSchema = v.object({
  schema: v.literal('aibench/vector-result/2'),
  kind: v.literal('vectors'),
  ...ENVELOPE,
  workload: v.object({
    dataset: v.string(),
    /** sha256 of the base vectors and the queries. */
    datasetHash: v.string(),
    vectors: number,
    dim: number,
    queries: number,
    k: number,
    space: v.string(),
    batch: number,
    seed: number,
    client: v.string(),
    /** Worker processes. */
    clients: v.optional(number, 1),
    profile: v.nullable(v.string()),
  }),
  /** Queries and batches. */
  requests: RequestsSchema,
  collection: v.object({ createMs: number }),
  ingest: v.object({
    vectorsPerSecond: number,
    vectors: number,
    batches: number,
    bytesSent: number,
    durationMs: number,
    batchLatency: LatencySchema,
    errors: number,
    clientCores: number,
    serverCores: known,
    repeats: SpreadSchema,
  }),
  /** One request after the other; the level of concurrency 1. */
  sequential: LevelSchema,
  concurrent: v.array(LevelSchema),
  /** For the highest rate at which all thresholds hold; null when it was not looked for. */
  search: v.optional(v.nullable(searchResult({ p99Ms: known, recallAtK: known })), null),
  instrument: v.object({
    ...INSTRUMENT,
    /** Queries a second against a null server, in this very process. */
    ceilingPerSecond: known,
    serverLimitedFromConcurrency: known,
    workers: v.optional(number, 1),
    connections: v.optional(
      v.nullable(v.object({ opened: number, reused: number, connectP50Ms: known })),
      null,
    ),
    /** Of the other workers' clocks, at most; null when all ran on one node. */
    clockOffsetMs: v.optional(known, null),
  }),
  server: v.object(SERVER),
  files: v.object(FILES),
})
export type VectorResult = v.InferOutput<typeof VectorResultSchema>
