import * as v from 'valibot'
import { fieldsOf } from '../../options/set.js'
import { ServerAddressSchema } from '../http/access.js'
import { LoadPlanSchema } from '../load/plan.js'
import type { LoadSample } from '../load/workload.js'
import { WORKER_CONFIG } from '../process/worker-config.js'
import type { WorkerEvent } from '../process/worker-events.js'
import { planOptions } from './plan-options.js'

/** What an inference benchmark is asked to do: plain data, the same from flags, from `--plan FILE`, and in `plan.json`. */

const count = v.pipe(v.number(), v.integer(), v.minValue(1))

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
  ...fieldsOf(planOptions),
  dataset: DatasetPlanSchema,
  load: LoadPlanSchema,
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
