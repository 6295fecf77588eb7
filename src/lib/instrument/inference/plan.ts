import * as v from 'valibot'
import { ServerAddressSchema } from '../http/access.js'
import { LoadPlanSchema } from '../load/plan.js'
import type { LoadSample } from '../load/workload.js'
import { WORKER_CONFIG } from '../process/worker-config.js'
import type { WorkerEvent } from '../process/worker-events.js'

/** What an inference benchmark is asked to do: plain data, the same from flags, from `--plan FILE`, and in `plan.json`. */

const positive = v.pipe(v.number(), v.minValue(0.000_001))
const count = v.pipe(v.number(), v.integer(), v.minValue(1))
const ms = v.pipe(v.number(), v.minValue(0))

const lengths = { inputTokens: count, outputTokens: count }

/** `vocabulary` bounds random token ids: below it every common model has ordinary tokens. */
export const DatasetPlanSchema = v.variant('kind', [
  v.object({ kind: v.literal('random'), ...lengths, vocabulary: count }),
  /** One schema for all; `json-unique` varies it so that no compiled grammar is reused. */
  v.object({
    kind: v.picklist([
      'json',
      'json-unique',
      'json-schema',
      'grammar',
      'regex',
      'choice',
      /** A local copy of json-mode-eval: JSONL with `prompt` and `schema`. */
      'xgrammar',
    ]),
    outputTokens: count,
    path: v.nullable(v.string()),
  }),
  /** `prefixes` shared beginnings of `prefixTokens`, each followed by its own rest. */
  v.object({
    kind: v.literal('prefix'),
    ...lengths,
    prefixTokens: count,
    prefixes: count,
    vocabulary: count,
  }),
  v.object({ kind: v.literal('multi-turn'), turns: count, outputTokens: count }),
  v.object({
    kind: v.picklist(['sharegpt', 'custom']),
    path: v.string(),
    outputTokens: v.nullable(count),
  }),
  v.object({ kind: v.literal('trace'), path: v.string(), vocabulary: count }),
])
export type DatasetPlan = v.InferOutput<typeof DatasetPlanSchema>

export const InferencePlanSchema = v.object({
  schema: v.literal('aibench/inference-plan/1'),
  endpoint: v.picklist(['chat', 'completions']),
  dataset: DatasetPlanSchema,
  load: LoadPlanSchema,
  numPrompts: count,
  /** Ends the run early, or repeats the dataset until then; null: when all prompts are done. */
  durationMs: v.nullable(positive),
  /** Not measured, before each pass, with prompts of their own. */
  warmup: v.object({
    requests: v.pipe(v.number(), v.integer(), v.minValue(0)),
    durationMs: v.nullable(ms),
  }),
  repeats: count,
  seed: v.number(),
  /** Begins every prompt, so that no prefix cache of an earlier run is hit: null takes the run's id, '' none. */
  salt: v.nullable(v.string()),
  temperature: v.nullable(v.number()),
  timeouts: v.object({
    connectMs: positive,
    ttftMs: positive,
    idleMs: positive,
    totalMs: positive,
  }),
  /** Thresholds as typed: `ttft_p99<500ms`. */
  slo: v.array(v.string()),
  /** Limits of each request: `ttft<500ms,tpot<40ms`; null when no goodput is asked for. */
  goodput: v.nullable(v.string()),
  /** The same prompts again without their constraints, interleaved with the repeats. */
  pairedBaseline: v.boolean(),
  /** Looks for the highest rate at which all of `slo` hold. */
  findMaxRate: v.boolean(),
  /** Worker processes; the schedule is the same for any number. */
  clients: count,
  /** Above this share of failed requests the run has failed. */
  errorShareLimit: v.number(),
  /** Merged into the body of every request; none of the fields that the benchmark sets. */
  extraBody: v.optional(v.nullable(v.record(v.string(), v.unknown()))),
  /** Somebody's server that it was made for; absent of an instance of ours. */
  server: v.optional(v.nullable(ServerAddressSchema)),
})
export type InferencePlan = v.InferOutput<typeof InferencePlanSchema>

/** The whole job of the leading worker. */
export const InferenceConfigSchema = v.object({
  kind: v.literal('inference'),
  ...WORKER_CONFIG,
  plan: InferencePlanSchema,
  /** As the server names it; null takes the first of /v1/models. */
  model: v.nullable(v.string()),
  /** Of the GPUs that the server may use; null when they are not known. */
  gpuIds: v.nullable(v.array(v.string())),
})
export type InferenceConfig = v.InferOutput<typeof InferenceConfigSchema>

/** Once a second while a repeat runs; for the eye and for `--events`. */
export interface InferenceSample extends LoadSample {
  /** As tokens came. */
  outputTokensPerSecond: number
  /** Mean of the first tokens that came in the last second; null without one. */
  ttftMs: number | null
  /** Of all first tokens of the repeat so far. */
  ttftP99Ms: number | null
  /** Mean of the requests that ended in the last second; null without one. */
  tpotMs: number | null
}
export type InferenceEvent = WorkerEvent<InferenceSample>
