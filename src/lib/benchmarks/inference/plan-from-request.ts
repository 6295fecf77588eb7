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
import type { LoadPlan } from '../../instrument/load/plan.js'
import { parseThreshold } from '../../instrument/measure/thresholds.js'
import { UsageError } from '../../platform/errors.js'
import { parseDurationMs } from '../../platform/units.js'
import { readPlan, unfitFlags } from '../plan-source.js'
import type { Context } from '../../jobs/contract.js'
import { extraBodyFrom } from './extra-body.js'
import type { PlanSource } from '../kind.js'

/** What the flags of this kind said; texts are as typed. */
export interface InferenceAsked {
  /** `random`, `json`, …, `sharegpt:FILE`, `custom:FILE`, `trace:FILE`, `xgrammar:FILE`. */
  dataset?: string
  numPrompts?: number
  inputLen?: number
  outputLen?: number
  endpoint?: 'chat' | 'completions'
  /** `4`, `0.5`, `inf`. */
  rate?: string
  arrival?: 'poisson' | 'constant' | 'gamma'
  burstiness?: number
  concurrency?: number
  /** Of an open loop: no more in flight than so many; the others wait in the client. */
  maxConcurrency?: number
  /** `1:20:5m`: from, to, over. */
  ramp?: string
  traceSpeed?: number
  durationMs?: number
  /** `30s` or a number of requests. */
  warmup?: string
  seed?: number
  repeats?: number
  temperature?: number
  /** Text that begins every prompt; `none` for prompts as they are. */
  salt?: string
  slo?: readonly string[]
  goodput?: string
  findMaxRate?: boolean
  pairedBaseline?: boolean
  clients?: number
  ttftTimeoutMs?: number
  idleTimeoutMs?: number
  totalTimeoutMs?: number
  errorShareLimit?: number
  /** JSON, or `@FILE` with JSON. */
  extraBody?: string
}

const DEFAULTS = { inputTokens: 1024, outputTokens: 128, numPrompts: 1_000 }
/** With a duration the duration ends the run. */
const PROMPTS_WITHOUT_END = 1_000_000
/** Of a step of a search, unless it is said how long or how many. */
const SEARCH_STEP_MS = 30_000
/** Below it every common tokenizer has ordinary tokens. */
const VOCABULARY = 4_000
const STRUCTURED = ['json', 'json-unique', 'json-schema', 'grammar', 'regex', 'choice', 'xgrammar']
const KINDS = ['random', ...STRUCTURED, 'prefix', 'multi-turn', 'sharegpt', 'custom', 'trace']

const FLAGS: Readonly<Record<string, string>> = {
  ...{ endpoint: '--endpoint', numPrompts: '--num-prompts', durationMs: '--duration' },
  ...{ repeats: '--repeats', seed: '--seed', temperature: '--temperature', clients: '--clients' },
  ...{ 'dataset.inputTokens': '--input-len', 'dataset.outputTokens': '--output-len' },
  ...{ 'load.concurrency': '--concurrency', 'load.burstiness': '--burstiness' },
  ...{ 'load.speed': '--trace-speed', 'load.maxInFlight': '--max-concurrency' },
  ...{ 'timeouts.ttftMs': '--ttft-timeout', 'timeouts.idleMs': '--idle-timeout' },
  ...{ 'timeouts.totalMs': '--total-timeout', errorShareLimit: '--max-error-share' },
}

/** What is measured when nothing else is said. */
const DEFAULT_PLAN: InferencePlan = {
  schema: 'aibench/inference-plan/1',
  endpoint: 'completions',
  dataset: {
    kind: 'random',
    inputTokens: DEFAULTS.inputTokens,
    outputTokens: DEFAULTS.outputTokens,
    vocabulary: VOCABULARY,
  },
  load: {
    ...{ kind: 'rate', ratePerSecond: 4, arrival: 'poisson', burstiness: 1 },
    maxInFlight: null,
  },
  numPrompts: DEFAULTS.numPrompts,
  durationMs: null,
  warmup: { requests: 4, durationMs: null },
  repeats: 1,
  seed: 1,
  salt: null,
  temperature: 0,
  timeouts: { connectMs: 10_000, ttftMs: 600_000, idleMs: 120_000, totalMs: 3_600_000 },
  slo: [],
  goodput: null,
  pairedBaseline: false,
  findMaxRate: false,
  clients: 1,
  errorShareLimit: 0.01,
}

/**
 * Flags over the plan they were given with (`--plan FILE`, a run's id, `-`) over the defaults.
 * @throws UsageError naming the flag or the field that doesn't fit
 */
export async function planOf(
  context: Context,
  flags: InferenceAsked,
  { bench, from }: PlanSource,
): Promise<InferencePlan> {
  const base = from ? await readPlan(context, InferencePlanSchema, from) : DEFAULT_PLAN
  const dataset = datasetOf(context, bench, base.dataset, flags)
  const load = loadOf(base.load, flags)
  const extraBody =
    flags.extraBody === undefined
      ? undefined
      : await extraBodyFrom(context.environment.cwd, flags.extraBody, {
          bench,
          isConstrained: STRUCTURED.includes(String(dataset.kind)),
        })
  const { timeouts, warmup } = base
  const isOpenSearch = flags.findMaxRate && flags.numPrompts === undefined && !from
  const durationMs = flags.durationMs ?? (isOpenSearch ? SEARCH_STEP_MS : undefined)
  const plan = v.safeParse(InferencePlanSchema, {
    ...base,
    ...given({
      ...{ durationMs, seed: flags.seed, repeats: flags.repeats },
      ...{ temperature: flags.temperature, slo: flags.slo, goodput: flags.goodput },
      ...{ findMaxRate: flags.findMaxRate, pairedBaseline: flags.pairedBaseline },
      ...{ clients: flags.clients, errorShareLimit: flags.errorShareLimit, extraBody },
    }),
    dataset,
    load,
    endpoint: flags.endpoint ?? (flags.dataset ? endpointFor(dataset.kind) : base.endpoint),
    numPrompts:
      flags.numPrompts ?? (durationMs === undefined ? base.numPrompts : PROMPTS_WITHOUT_END),
    warmup: flags.warmup === undefined ? warmup : warmupOf(flags.warmup),
    salt: flags.salt === undefined ? base.salt : flags.salt === 'none' ? '' : flags.salt,
    timeouts: {
      ...timeouts,
      ...given({
        ttftMs: flags.ttftTimeoutMs,
        idleMs: flags.idleTimeoutMs,
        totalMs: flags.totalTimeoutMs,
      }),
    },
  })
  if (!plan.success) throw unfitFlags(plan.issues, FLAGS)
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
  { dataset, inputLen, outputLen }: InferenceAsked,
): Record<string, unknown> {
  const lengths = given({ inputTokens: inputLen, outputTokens: outputLen })
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
  const { inputTokens, outputTokens } = { ...DEFAULTS, ...lengths }
  switch (kind) {
    case 'random':
      return { kind, inputTokens, outputTokens, vocabulary: VOCABULARY }
    case 'prefix':
      return {
        ...{ kind, inputTokens, outputTokens, vocabulary: VOCABULARY },
        ...{ prefixTokens: Math.max(1, Math.floor(inputTokens / 2)), prefixes: 10 },
      }
    case 'multi-turn':
      return { kind, turns: 4, outputTokens }
    case 'sharegpt':
    case 'custom':
      return { kind, path, outputTokens: outputLen ?? null }
    case 'trace':
      return { kind, path, vocabulary: VOCABULARY }
    default:
      return { kind, path, outputTokens: outputLen ?? 256 }
  }
}

function loadOf(base: LoadPlan, flags: InferenceAsked): LoadPlan {
  const { rate, concurrency, ramp, traceSpeed, maxConcurrency } = flags
  const maxInFlight = maxConcurrency ?? null
  const shape = {
    ...{ arrival: flags.arrival, burstiness: flags.burstiness },
    maxInFlight: maxConcurrency,
  }
  if (flags.burstiness !== undefined && flags.arrival === undefined) shape.arrival = 'gamma'
  if (concurrency !== undefined) return { kind: 'concurrency', concurrency }
  if (traceSpeed !== undefined) return { kind: 'trace', speed: traceSpeed, maxInFlight }
  if (ramp !== undefined) return { ...rampOf(ramp), maxInFlight }
  if (rate === 'inf') return { kind: 'burst' }
  const known = base.kind === 'rate' ? base : DEFAULT_PLAN.load
  if (rate === undefined) return base.kind === 'rate' ? { ...base, ...given(shape) } : base
  const ratePerSecond = Number(rate)
  if (!(ratePerSecond > 0))
    throw new UsageError(`--rate must be a number of requests per second, or inf, not "${rate}"`)
  return { ...(known as Extract<LoadPlan, { kind: 'rate' }>), ...given(shape), ratePerSecond }
}

/** `1:20:5m`. */
function rampOf(text: string): Omit<Extract<LoadPlan, { kind: 'ramp' }>, 'maxInFlight'> {
  const [from, to, over] = text.split(':')
  const overMs = parseDurationMs(over ?? '')
  if (!(Number(from) > 0 && Number(to) > 0) || overMs === undefined)
    throw new UsageError(`--ramp must be FROM:TO:TIME such as 1:20:5m, not "${text}"`)
  const [fromPerSecond, toPerSecond] = [Number(from), Number(to)]
  return { kind: 'ramp', fromPerSecond, toPerSecond, overMs }
}

/** `30s`, or a number of requests. */
function warmupOf(text: string): InferencePlan['warmup'] {
  if (/^\d+$/.test(text)) return { requests: Number(text), durationMs: null }
  const durationMs = parseDurationMs(text)
  if (durationMs === undefined)
    throw new UsageError(
      `--warmup must be a duration such as 30s, or a number of requests, not "${text}"`,
    )
  return { requests: 0, durationMs }
}

function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<T>
}
