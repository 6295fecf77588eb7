import { isAbsolute, join, resolve } from 'node:path'
import * as v from 'valibot'
import { parseThreshold } from '../../bench/thresholds.js'
import { VECTOR_METRICS } from '../../bench/vectors/metrics.js'
import { VectorPlanSchema, type VectorPlan } from '../../bench/vectors/plan.js'
import { UsageError } from '../../platform/errors.js'
import { exists, readStdin, readTextIfThere } from '../../platform/files.js'
import type { Context } from '../contract.js'
import type { VectorBenchRequest } from '../reports.js'

/** What is measured when nothing else is said. */
const DEFAULT_PLAN: VectorPlan = {
  schema: 'aibench/vector-plan/1',
  dataset: { kind: 'clustered', vectors: 10_000, dim: 384, seed: 1 },
  space: 'cosine',
  k: 10,
  queries: 1_000,
  batch: 500,
  concurrency: [1, 2, 4, 8],
  ratePerSecond: null,
  durationMs: 10_000,
  repeats: 3,
  client: 'raw',
  seed: 1,
  slo: [],
  errorShareLimit: 0.01,
  keepCollection: false,
}

/**
 * Flags over the plan they were given with (`--plan FILE`, a run's id, `-`) over the defaults.
 * @throws UsageError naming the field that doesn't fit
 */
export async function planOf(context: Context, request: VectorBenchRequest): Promise<VectorPlan> {
  const base = request.planFrom ? await readPlan(context, request.planFrom) : DEFAULT_PLAN
  const given = Object.entries(request.plan).filter(([, value]) => value !== undefined)
  const { vectors, dim, dataset, seed, ...flags } = Object.fromEntries(given)
  const plan = v.safeParse(VectorPlanSchema, {
    ...base,
    ...flags,
    seed: seed ?? base.seed,
    dataset: datasetOf(context, base.dataset, { vectors, dim, dataset, seed }),
  })
  if (!plan.success) throw unfit('The benchmark plan', plan.issues)
  if (plan.output.k > (plan.output.dataset.vectors ?? Infinity))
    throw new UsageError(`k is ${plan.output.k}, more than there are vectors`)
  for (const text of plan.output.slo) parseThreshold(text, VECTOR_METRICS)
  return plan.output
}

async function readPlan(context: Context, from: string): Promise<VectorPlan> {
  const text = await planText(context, from)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${from} holds no JSON: ${(error as Error).message}`)
  }
  const plan = v.safeParse(VectorPlanSchema, json)
  if (!plan.success) throw unfit(`The plan in ${from}`, plan.issues)
  return plan.output
}

async function planText(context: Context, from: string): Promise<string> {
  if (from === '-') return readStdin()
  const file = resolve(context.environment.cwd, from)
  const { runs } = await context.state.read()
  const path = !(await exists(file)) && runs[from] ? join(runs[from].dir, 'plan.json') : file
  const text = await readTextIfThere(path)
  if (text === undefined)
    throw new UsageError(`There is no plan file and no run "${from}"`, {
      hints: ['aibench runs list'],
    })
  return text
}

/** `--dataset clustered|iid|FILE`, with `--vectors`, `--dim` and `--seed` for either. */
function datasetOf(
  context: Context,
  base: VectorPlan['dataset'],
  { vectors, dim, dataset, seed }: Record<string, unknown>,
): Record<string, unknown> {
  const bounds = { seed: seed ?? base.seed, vectors, dim }
  if (dataset === undefined)
    return {
      ...base,
      ...Object.fromEntries(Object.entries(bounds).filter(([, b]) => b !== undefined)),
    }
  if (dataset === 'clustered' || dataset === 'iid') {
    const size = base.kind === 'file' ? DEFAULT_PLAN.dataset : base
    return {
      kind: dataset,
      seed: bounds.seed,
      vectors: vectors ?? size.vectors,
      dim: dim ?? size.dim,
    }
  }
  const path = String(dataset)
  return {
    kind: 'file',
    path: isAbsolute(path) ? path : resolve(context.environment.cwd, path),
    ...bounds,
  }
}

function unfit(
  what: string,
  issues: [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
): UsageError {
  const [issue] = issues
  const field = v.getDotPath(issue) ?? 'plan'
  return new UsageError(`${what} doesn't fit: ${field}: ${issue.message}`, {
    code: 'AIB_PLAN',
    hints: ['aibench chroma bench --help'],
  })
}
