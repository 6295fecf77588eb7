import * as v from 'valibot'
import { INSTRUMENT_VERDICTS } from '../../platform/verdicts.js'
import { MeasuringPathSchema } from '../http/access.js'
import { LatencySchema, SpreadSchema } from '../measure/statistics.js'
import { JudgedThresholdSchema } from '../measure/thresholds.js'

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
  clientCores: number,
  serverCores: known,
  dispatchLagP99Ms: known,
})
export type Level = v.InferOutput<typeof LevelSchema>

export const VectorResultSchema = v.object({
  schema: v.literal('aibench/vector-result/1'),
  /** Version of the definitions in docs/definitions.md. */
  definitions: v.literal(1),
  runId: v.string(),
  startedAt: v.string(),
  endedAt: v.string(),
  /** False when it was interrupted; what had been measured is there. */
  complete: v.boolean(),
  /** Through what it was measured; absent of results before there was more than one way. */
  path: v.optional(MeasuringPathSchema),
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
    profile: v.nullable(v.string()),
  }),
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
  thresholds: v.array(JudgedThresholdSchema),
  instrument: v.object({
    verdict: v.picklist(INSTRUMENT_VERDICTS),
    /** The instrument was the limit somewhere: the run is not valid. */
    saturated: v.boolean(),
    /** Sentences for people. */
    findings: v.array(v.string()),
    clientCores: number,
    /** Of the calibrated ceiling: queries per second of CPU against a null server, in this very process. */
    shareOfCeiling: known,
    ceilingPerSecond: known,
    eventLoopDelayP99Ms: known,
    dispatchLag: v.object({ p50Ms: known, p99Ms: known, maxMs: known }),
    serverLimitedFromConcurrency: known,
    peakRssBytes: number,
  }),
  server: v.object({
    url: v.string(),
    version: v.nullable(v.string()),
    cores: known,
    peakRssBytes: known,
  }),
  errors: v.object({ total: number, share: number, byClass: v.record(v.string(), number) }),
  /** What to know before trusting or repeating it. */
  warnings: v.optional(v.array(v.string())),
  provenance: v.record(v.string(), v.unknown()),
  files: v.object({ runDir: v.string(), requests: v.string(), plan: v.string() }),
})
export type VectorResult = v.InferOutput<typeof VectorResultSchema>
