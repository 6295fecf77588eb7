import * as v from 'valibot'
import { INSTRUMENT_VERDICTS } from '../../platform/verdicts.js'
import { MeasuringPathSchema } from '../http/access.js'
import { JudgedThresholdSchema } from './thresholds.js'

/** What every `result.json` says, whatever was measured; the figures are each kind's own. Null is what can't be known here. */

const known = v.nullable(v.number())

const number = v.number()

/** What watching it cost, as those who watch tell it: `--observer`. Seconds and bytes. */
const MonitoringCostSchema = v.object({
  seconds: number,
  programs: v.array(
    v.object({ program: v.string(), node: v.string(), cpuSeconds: number, maxRssBytes: known }),
  ),
  /** How long each page of the instance took to scrape. */
  scrapes: v.array(v.object({ page: v.string(), node: v.string(), meanS: number, maxS: number })),
})

/** What became of the figures that were told, once a second, to what keeps them. */
const MonitorsSchema = v.object({
  /** Names of the instance, and of the run there: the label `run`. */
  name: v.string(),
  run: v.string(),
  protocol: v.picklist(['otlp', 'remote-write']),
  /** `stored`: each second was taken, and all counters could be asked for with the values that they had. */
  verdict: v.picklist(['stored', 'incomplete', 'unknown']),
  findings: v.array(v.string()),
  /** Moments: one a second. Refused: by what keeps them; lost: there was nobody to take them. */
  moments: v.object({ made: number, stored: number, refused: number, lost: number }),
  /** As they were told, those of the warm-up too. */
  requests: v.object({ ok: number, failed: number }),
  /** What telling took of one core on the machine of the command, over the run. */
  tellingCores: number,
  /** Absent where it was not asked for; null where it could not be found. */
  cost: v.optional(v.nullable(MonitoringCostSchema)),
})
export type MonitorsRecord = v.InferOutput<typeof MonitorsSchema>

export const ENVELOPE = {
  /** Version of the definitions in docs/definitions.md. */
  definitions: v.literal(1),
  runId: v.string(),
  /** ISO 8601, UTC. */
  startedAt: v.string(),
  endedAt: v.string(),
  /** False when it was interrupted; what had been measured is there. */
  complete: v.boolean(),
  /** The server was our simulator: these are no figures of a machine. */
  simulated: v.boolean(),
  /** The program that was measured, as its service is called, and its version. */
  product: v.object({ name: v.nullable(v.string()), version: v.nullable(v.string()) }),
  /** Through what it was measured; null of results before there was more than one way. */
  path: v.nullable(MeasuringPathSchema),
  thresholds: v.array(JudgedThresholdSchema),
  /** By class: `http_429`, `reset`, `ttft_timeout`, …, the most frequent first, with the first message of each where it was kept. */
  errors: v.array(
    v.object({ class: v.string(), count: v.number(), example: v.nullable(v.string()) }),
  ),
  /** Where the figures of clients went while it ran; absent or null where nobody kept them. */
  monitors: v.optional(v.nullable(MonitorsSchema)),
  /** What to know before trusting or repeating it. */
  warnings: v.array(v.string()),
  provenance: v.record(v.string(), v.unknown()),
}

/** Of `errors` and of those of a part. */
export type ErrorCount = v.InferOutput<typeof ENVELOPE.errors>[number]

/** Each request counts once. */
export const RequestsSchema = v.object({
  issued: v.number(),
  ok: v.number(),
  failed: v.number(),
  /** Due, and not sent: too many were in flight. */
  dropped: v.number(),
})

/** Of `instrument`: what the client says of itself. */
export const INSTRUMENT = {
  verdict: v.picklist(INSTRUMENT_VERDICTS),
  /** The instrument was the limit: the run is not valid. */
  saturated: v.boolean(),
  /** Sentences for people. */
  findings: v.array(v.string()),
  /** Flags that would give a client-bound client room: `--clients 4`; else null. */
  advice: v.optional(v.nullable(v.string()), null),
  dispatchLag: v.object({ p50Ms: known, p99Ms: known, maxMs: known }),
  eventLoopDelayP99Ms: known,
  /** Of the busiest process. */
  clientCores: v.number(),
  /** Of what one core could measure, by the calibration in the same run. */
  shareOfCeiling: known,
  peakRssBytes: v.number(),
}

/** Of `server`. */
export const SERVER = { url: v.string(), cores: known, peakRssBytes: known }

/** Of `files`: names in the folder of the run. */
export const FILES = { runDir: v.string(), plan: v.string(), requests: v.string() }

/** A result of whatever kind. */
export interface Envelope extends v.InferOutput<v.ObjectSchema<typeof ENVELOPE, undefined>> {
  schema: string
  kind: string
  instrument: Pick<
    v.InferOutput<v.ObjectSchema<typeof INSTRUMENT, undefined>>,
    'verdict' | 'saturated' | 'findings'
  >
  files: { runDir: string }
}
