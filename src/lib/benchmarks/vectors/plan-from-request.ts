import { resolve } from 'node:path'
import * as v from 'valibot'
import { parseThreshold } from '../../instrument/measure/thresholds.js'
import { parseGoodput } from '../../instrument/vectors/goodput.js'
import { levelsOf } from '../../instrument/vectors/levels.js'
import { VECTOR_METRICS } from '../../instrument/vectors/metrics.js'
import { VectorPlanSchema, type VectorPlan } from '../../instrument/vectors/plan.js'
import {
  laterPlanOptions,
  placeOptions,
  planOptions,
  workloadOptions,
} from '../../instrument/vectors/plan-options.js'
import { defaultsOf, flagNamer, over, partOf, type GivenOf } from '../../options/set.js'
import { UsageError } from '../../platform/errors.js'
import { readPlan, unfitFlags } from '../plan-source.js'
import type { Context } from '../../jobs/contract.js'
import type { PlanSource } from '../kind.js'

/** What the flags of this kind said. */
export type VectorAsked = GivenOf<
  typeof workloadOptions & typeof planOptions & typeof laterPlanOptions & typeof placeOptions
>

/** Of ingest, ground truth and start of the worker, on top of the measured time. A rough bound, for the wall-time check only. */
const OVERHEAD_MS = 20_000
/** Of a search for the highest rate. */
const FEWEST_STEPS = 5

export function neededMs(plan: VectorPlan): number {
  if (plan.findMaxRate) return FEWEST_STEPS * plan.durationMs + OVERHEAD_MS
  return levelsOf(plan).length * plan.repeats * plan.durationMs + OVERHEAD_MS
}

const { vectors, dim, queries } = workloadOptions
const nameOf = flagNamer({
  ...{ ...planOptions, ...laterPlanOptions, queries },
  dataset: { vectors, dim, seed: planOptions.seed },
})
const usual = defaultsOf(workloadOptions)

/** What is measured when nothing else is said. */
const DEFAULT_PLAN: VectorPlan = {
  schema: 'aibench/vector-plan/1',
  ...defaultsOf(planOptions),
  ...defaultsOf(laterPlanOptions),
  dataset: {
    kind: 'clustered',
    vectors: usual.vectors,
    dim: usual.dim,
    seed: planOptions.seed.default,
  },
  queries: Number(usual.queries),
}

/**
 * Flags over the plan they were given with (`--plan FILE`, a run's id, `-`) over the defaults.
 * @throws UsageError naming the field that doesn't fit
 */
export async function planOf(
  context: Context,
  asked: VectorAsked,
  { bench, from }: PlanSource,
): Promise<VectorPlan> {
  const base = from ? await readPlan(context, VectorPlanSchema, from) : DEFAULT_PLAN
  const { concurrency, ratePerSecond, queries, truth } = asked
  // A load that is given takes the place of the plan's.
  if (concurrency !== undefined && ratePerSecond !== undefined)
    throw new UsageError('--concurrency and --rate exclude each other: give one of them', {
      code: 'AIB_LOAD',
      hints: [
        `${bench} --concurrency ${concurrency.join(',')}`,
        `${bench} --rate ${ratePerSecond}`,
      ],
    })
  const plan = v.safeParse(VectorPlanSchema, {
    ...base,
    ...(concurrency === undefined ? {} : { ratePerSecond: null }),
    ...partOf({ ...planOptions, ...laterPlanOptions, ...placeOptions }, asked),
    ...queriesOf(context, queries),
    ...(truth === undefined ? {} : { truthFile: pathOf(context, truth) }),
    dataset: datasetOf(context, base.dataset, asked),
  })
  if (!plan.success) throw unfitFlags(plan.issues, nameOf)
  if (plan.output.k > (plan.output.dataset.vectors ?? Infinity))
    throw new UsageError(`--k ${plan.output.k} is more than the number of vectors`)
  refuseLooseFiles(plan.output, bench)
  refuseOddSearch(plan.output, asked, bench)
  for (const text of plan.output.slo) parseThreshold(text, VECTOR_METRICS)
  if (plan.output.goodput !== null) parseGoodput(plan.output.goodput)
  return plan.output
}

/** `--dataset clustered|iid|FILE`, with `--vectors`, `--dim` and `--seed` for either. */
function datasetOf(
  context: Context,
  base: VectorPlan['dataset'],
  { vectors, dim, dataset, seed }: VectorAsked,
): Record<string, unknown> {
  const bounds = { seed: seed ?? base.seed, vectors, dim }
  if (dataset === undefined) return over(base, bounds)
  if (dataset === 'clustered' || dataset === 'iid') {
    const size = base.kind === 'file' ? DEFAULT_PLAN.dataset : base
    return {
      kind: dataset,
      seed: bounds.seed,
      vectors: vectors ?? size.vectors,
      dim: dim ?? size.dim,
    }
  }
  return {
    kind: 'file',
    path: pathOf(context, dataset),
    ...bounds,
  }
}

/** `--queries N`, or a file of them. */
function queriesOf(context: Context, queries: VectorAsked['queries']): Partial<VectorPlan> {
  if (queries === undefined) return {}
  return typeof queries === 'number'
    ? { queries, queryFile: undefined }
    : { queryFile: pathOf(context, queries) }
}

function pathOf({ environment }: Context, file: string): string {
  return resolve(environment.cwd, file)
}

function refuseOddSearch(
  { findMaxRate, slo, client, clients }: VectorPlan,
  { concurrency }: VectorAsked,
  bench: string,
): void {
  const example = `${bench} --find-max-rate --slo 'query_p99<20ms'`
  if (findMaxRate && concurrency !== undefined)
    throw new UsageError('--find-max-rate searches over rates: leave --concurrency out', {
      code: 'AIB_LOAD',
      hints: [example],
    })
  if (findMaxRate && slo.length === 0)
    throw new UsageError('--find-max-rate needs a threshold (--slo)', { hints: [example] })
  if (client === 'sdk' && clients > 1)
    throw new UsageError('--client sdk measures in one process: leave --clients out', {
      hints: [`${bench} --client sdk`, `${bench} --clients ${clients}`],
    })
}

/** Queries belong to vectors, and a truth to queries. */
function refuseLooseFiles({ dataset, queryFile, truthFile }: VectorPlan, bench: string): void {
  const example = `${bench} --dataset sift_base.fvecs --queries sift_query.fvecs`
  if (queryFile !== undefined && dataset.kind !== 'file')
    throw new UsageError('--queries FILE goes with the vectors of a file', {
      hints: [`${example} --space l2`],
    })
  if (queryFile !== undefined && dataset.kind === 'file' && /\.(hdf5|h5)$/i.test(dataset.path))
    throw new UsageError('A file of ann-benchmarks has queries of its own: leave --queries out')
  if (truthFile !== undefined && queryFile === undefined)
    throw new UsageError('--truth FILE goes with --queries FILE: it holds their neighbours', {
      hints: [`${example} --truth sift_groundtruth.ivecs --space l2`],
    })
}
