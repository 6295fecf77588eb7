import * as Flags from '@oclif/core/flags'
import type * as Interfaces from '@oclif/core/interfaces'
import type { VectorBenchRequest } from '../services/reports.js'
import { timeFrom } from './flags.js'

const workload = { helpGroup: 'WORKLOAD' } as const
const load = { helpGroup: 'LOAD' } as const
const judgement = { helpGroup: 'JUDGEMENT' } as const
const target = { helpGroup: 'WHERE' } as const

/** What a benchmark of a vector database can be told. */
export const vectorBenchFlags = {
  vectors: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Vectors to ingest. Default 10000.',
    env: 'AIBENCH_VECTORS',
  }),
  dim: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Dimensions. Default 384.',
    env: 'AIBENCH_DIM',
  }),
  k: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Neighbours asked for. Default 10.',
    env: 'AIBENCH_K',
  }),
  queries: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Distinct query vectors. Default 1000.',
    env: 'AIBENCH_QUERIES',
  }),
  batch: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Vectors in one add call. Default 500.',
    env: 'AIBENCH_BATCH',
  }),
  dataset: Flags.string({
    ...workload,
    summary: 'clustered (default), iid, or a file: .fvecs .ivecs .bvecs .fbin .u8bin .npy.',
    env: 'AIBENCH_DATASET',
  }),
  seed: Flags.integer({
    ...workload,
    summary: 'Seed of data, queries and arrivals. Default 1.',
    env: 'AIBENCH_SEED',
  }),
  client: Flags.string({
    ...workload,
    options: ['raw', 'sdk'],
    summary: 'Our own engine (default), or the chromadb package, to see what it costs.',
    env: 'AIBENCH_CLIENT',
  }),
  plan: Flags.string({
    ...workload,
    summary: 'Repeat a plan: a file, a run’s id, or - for stdin.',
    env: 'AIBENCH_PLAN',
  }),
  keep: Flags.boolean({
    ...workload,
    summary: 'Leave the collection there.',
    env: 'AIBENCH_KEEP',
  }),
  concurrency: Flags.string({
    ...load,
    summary: 'Requests in flight, one level each. Default 1,2,4,8.',
    env: 'AIBENCH_CONCURRENCY',
  }),
  duration: Flags.string({
    ...load,
    summary: 'Measured time of a level and repeat. Default 10s.',
    env: 'AIBENCH_DURATION',
  }),
  rate: Flags.string({
    ...load,
    summary: 'Open loop: Poisson arrivals a second; latency from the due time too.',
    env: 'AIBENCH_RATE',
  }),
  repeats: Flags.integer({
    ...load,
    min: 1,
    summary: 'Repeats, interleaved over the levels. Default 3.',
    env: 'AIBENCH_REPEATS',
  }),
  slo: Flags.string({
    ...judgement,
    multiple: true,
    multipleNonGreedy: true,
    summary: 'A threshold, such as query_p99<20ms; missed, the exit code is 99. Repeatable.',
    env: 'AIBENCH_SLO',
  }),
  url: Flags.string({
    ...target,
    summary: 'A server that aibench did not start.',
    env: 'AIBENCH_URL',
  }),
  'token-file': Flags.string({
    ...target,
    summary: 'File with the bearer token for --url.',
    dependsOn: ['url'],
    env: 'AIBENCH_TOKEN_FILE',
  }),
}

/** The plan's fields as far as they were given; the service fills in the rest. */
export function vectorBenchFrom(
  flags: Interfaces.InferredFlags<typeof vectorBenchFlags>,
): VectorBenchRequest {
  const { vectors, dim, k, queries, batch, dataset, seed, client, repeats, slo } = flags
  const { rate, duration, concurrency } = flags
  return {
    url: flags.url,
    tokenFile: flags['token-file'],
    planFrom: flags.plan,
    plan: {
      ...{ vectors, dim, k, queries, batch, dataset, seed, client, repeats, slo },
      concurrency: concurrency?.split(',').map(Number),
      ratePerSecond: rate === undefined ? undefined : Number(rate),
      durationMs: duration === undefined ? undefined : timeFrom(duration, 'duration'),
      keepCollection: flags.keep || undefined,
    },
  }
}
