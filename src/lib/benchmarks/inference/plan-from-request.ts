import { isAbsolute, resolve } from 'node:path'
import * as v from 'valibot'
import { parseGoodput } from '../../instrument/inference/goodput.js'
import { scheduledMs } from '../../instrument/inference/describe.js'
import { INFERENCE_METRICS } from '../../instrument/inference/metrics.js'
import {
  InferencePlanSchema,
  type DatasetPlan,
  type InferencePlan,
} from '../../instrument/inference/plan.js'
import { planOptions, workloadOptions } from '../../instrument/inference/plan-options.js'
import { parseThreshold } from '../../instrument/measure/thresholds.js'
import { defaultsOf, flagNamer, over, partOf, type GivenOf } from '../../options/set.js'
import { UsageError } from '../../platform/errors.js'
import { readPlan, unfitFlags } from '../plan-source.js'
import type { Context } from '../../jobs/contract.js'
import { extraBodyFrom } from './extra-body.js'
import type { PlanSource } from '../kind.js'
import { loadFrom, usualLoad } from './load-from-request.js'

/** What the flags of this kind said. */
export type InferenceAsked = GivenOf<typeof workloadOptions & typeof planOptions>

/** With a duration the duration ends the run. */
const PROMPTS_WITHOUT_END = 1_000_000
/** Of a step of a search, unless it is said how long or how many. */
const SEARCH_STEP_MS = 30_000
/** Below it every common tokenizer has ordinary tokens. */
const VOCABULARY = 4_000
const STRUCTURED = ['json', 'json-unique', 'json-schema', 'grammar', 'regex', 'choice', 'xgrammar']
const KINDS = ['random', ...STRUCTURED, 'prefix', 'multi-turn', 'sharegpt', 'custom', 'trace']

const { inputTokens, outputTokens, ...workload } = workloadOptions
const nameOf = flagNamer({
  ...{ ...planOptions, dataset: { inputTokens, outputTokens }, load: workload },
})

/** What is measured when nothing else is said. */
const DEFAULT_PLAN: InferencePlan = {
  schema: 'aibench/inference-plan/1',
  ...defaultsOf(planOptions),
  dataset: {
    kind: 'random',
    inputTokens: inputTokens.default,
    outputTokens: outputTokens.default,
    vocabulary: VOCABULARY,
  },
  load: usualLoad,
}

/**
 * Flags over the plan they were given with (`--plan FILE`, a run's id, `-`) over the defaults.
 * @throws UsageError naming the flag or the field that doesn't fit
 */
export async function planOf(
  context: Context,
  asked: InferenceAsked,
  { bench, from }: PlanSource,
): Promise<InferencePlan> {
  const base = from ? await readPlan(context, InferencePlanSchema, from) : DEFAULT_PLAN
  const dataset = datasetOf(context, bench, base.dataset, asked)
  const load = loadFrom(base.load, asked, bench)
  const extraBody =
    asked.extraBody === undefined
      ? base.extraBody
      : await extraBodyFrom(context.environment.cwd, asked.extraBody, {
          bench,
          isConstrained: STRUCTURED.includes(String(dataset.kind)),
        })
  const { findMaxRate, numPrompts, endpoint } = asked
  const isOpenSearch = findMaxRate && numPrompts === undefined && !from
  const durationMs = asked.durationMs ?? (isOpenSearch ? SEARCH_STEP_MS : undefined)
  const plan = v.safeParse(InferencePlanSchema, {
    ...over(base, { ...partOf(planOptions, asked), durationMs }),
    ...{ dataset, load, extraBody },
    endpoint: endpoint ?? (asked.dataset ? endpointFor(dataset.kind) : base.endpoint),
    numPrompts: numPrompts ?? (durationMs === undefined ? base.numPrompts : PROMPTS_WITHOUT_END),
  })
  if (!plan.success) throw unfitFlags(plan.issues, nameOf)
  check(plan.output, bench)
  return plan.output
}

/** What the run takes at least, for the wall-time check; null when only the server's speed decides. */
export function neededMs(plan: InferencePlan): number | null {
  const pass = scheduledMs(plan)
  return pass === null ? null : pass * plan.repeats + (plan.warmup.durationMs ?? 0)
}

function check(plan: InferencePlan, bench: string): void {
  const { endpoint, dataset, load, slo, goodput } = plan
  for (const text of slo) parseThreshold(text, INFERENCE_METRICS)
  if (goodput !== null) parseGoodput(goodput)
  if (load.kind === 'trace' && dataset.kind !== 'trace')
    throw new UsageError('--trace-speed needs a trace', {
      hints: ['--dataset trace:FILE'],
    })
  if (load.kind === 'burst' && plan.durationMs !== null)
    throw new UsageError('--rate inf sends everything at once, so --duration does not apply', {
      hints: [`${bench} --rate inf --num-prompts 256`],
    })
  if (plan.findMaxRate && load.kind !== 'rate')
    throw new UsageError('--find-max-rate searches for a rate: leave out other loads', {
      hints: [`${bench} --find-max-rate --slo 'ttft_p99<500ms'`],
    })
  if (plan.findMaxRate && slo.length === 0)
    throw new UsageError('--find-max-rate needs a threshold (--slo)', {
      hints: [`${bench} --find-max-rate --slo 'ttft_p99<500ms'`],
    })
  if (plan.pairedBaseline && !STRUCTURED.includes(dataset.kind))
    throw new UsageError('--paired-baseline needs a dataset with constraints', {
      hints: [`datasets with constraints: ${STRUCTURED.join(' ')}`],
    })
  if (endpoint === 'completions' && dataset.kind === 'multi-turn')
    throw new UsageError('multi-turn needs --endpoint chat', {
      hints: [`${bench} --dataset multi-turn --endpoint chat`],
    })
}

/** Token ids and traces need the completions endpoint; all else is a conversation. */
function endpointFor(kind: unknown): InferencePlan['endpoint'] {
  return ['random', 'prefix', 'trace'].includes(String(kind)) ? 'completions' : 'chat'
}

function datasetOf(
  { environment }: Context,
  bench: string,
  base: DatasetPlan,
  asked: InferenceAsked,
): Record<string, unknown> {
  const { dataset } = asked
  const lengths = partOf({ inputTokens, outputTokens }, asked)
  if (dataset === undefined) return { ...base, ...lengths }
  const colon = dataset.indexOf(':')
  const kind = colon < 0 ? dataset : dataset.slice(0, colon)
  const file = colon < 0 ? null : dataset.slice(colon + 1)
  const path = file === null || isAbsolute(file) ? file : resolve(environment.cwd, file)
  if (!KINDS.includes(kind))
    throw new UsageError(`Unknown dataset "${kind}"`, {
      hints: [`datasets: ${KINDS.join(' ')}`],
    })
  if (path === null && ['sharegpt', 'custom', 'trace', 'xgrammar'].includes(kind))
    throw new UsageError(`The dataset ${kind} needs a file`, {
      hints: [`${bench} --dataset ${kind}:FILE`],
    })
  const both = { ...defaultsOf({ inputTokens, outputTokens }), ...lengths }
  switch (kind) {
    case 'random':
      return { kind, ...both, vocabulary: VOCABULARY }
    case 'prefix':
      return {
        ...{ kind, ...both, vocabulary: VOCABULARY },
        ...{ prefixTokens: Math.max(1, Math.floor(both.inputTokens / 2)), prefixes: 10 },
      }
    case 'multi-turn':
      return { kind, turns: 4, outputTokens: both.outputTokens }
    case 'sharegpt':
    case 'custom':
      return { kind, path, outputTokens: asked.outputTokens ?? null }
    case 'trace':
      return { kind, path, vocabulary: VOCABULARY }
    default:
      return { kind, path, outputTokens: asked.outputTokens ?? 256 }
  }
}
