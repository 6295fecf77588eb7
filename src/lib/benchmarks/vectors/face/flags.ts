import * as Flags from '@oclif/core/flags'
import type * as Interfaces from '@oclif/core/interfaces'
import { UsageError } from '../../../platform/errors.js'
import type { BenchRequest } from '../../bench.js'
import { foreignFlags, foreignFrom } from '../../face/foreign-flags.js'
import { timeFrom } from '../../../jobs/face/flags.js'
import { completing } from '../../../cli/topic.js'
import type { VectorAsked } from '../plan-from-request.js'

const workload = { helpGroup: 'WORKLOAD' } as const
const load = { helpGroup: 'LOAD' } as const
const judgement = { helpGroup: 'JUDGEMENT' } as const
const instrument = { helpGroup: 'INSTRUMENT' } as const
const target = { helpGroup: 'WHERE' } as const

/** What a benchmark of a vector database can be told. */
export const vectorBenchFlags = {
  vectors: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Ingest N vectors. Default 10000.',
    env: 'AIBENCH_VECTORS',
  }),
  dim: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Use N dimensions. Default 384.',
    env: 'AIBENCH_DIM',
  }),
  k: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Ask for the N nearest neighbours. Default 10.',
  }),
  queries: Flags.string({
    ...workload,
    helpValue: 'N|FILE',
    summary: 'Use N distinct query vectors, or all those of a file. Default 1000.',
    env: 'AIBENCH_QUERIES',
  }),
  truth: Flags.string({
    ...workload,
    helpValue: 'FILE',
    summary:
      'Take the true neighbours of --queries FILE from this file (.ivecs .ibin .npy); a sample is checked.',
    env: 'AIBENCH_TRUTH',
  }),
  space: Flags.string({
    ...workload,
    options: ['cosine', 'l2', 'ip'],
    summary: 'Measure distances this way. Default cosine, or what an .hdf5 file says.',
    env: 'AIBENCH_SPACE',
  }),
  batch: Flags.integer({
    ...workload,
    min: 1,
    summary: 'Add N vectors per call. Default 500.',
    env: 'AIBENCH_BATCH',
  }),
  dataset: Flags.string({
    ...workload,
    ...completing(['clustered', 'iid']),
    summary:
      'Choose the vectors: clustered (default), iid, or a file: .fvecs .bvecs .fbin .u8bin .npy .hdf5.',
    env: 'AIBENCH_DATASET',
  }),
  seed: Flags.integer({
    ...workload,
    summary: 'Seed the data, queries and arrival times. Default 1.',
    env: 'AIBENCH_SEED',
  }),
  client: Flags.string({
    ...workload,
    options: ['raw', 'sdk'],
    summary:
      'Query with the built-in client (raw), or with the chromadb package (sdk) to see what it costs. Default raw.',
    env: 'AIBENCH_CLIENT',
  }),
  plan: Flags.string({
    ...workload,
    summary: 'Repeat a plan: a file, the id of a run, or - for stdin.',
  }),
  keep: Flags.boolean({
    ...workload,
    summary: 'Keep the collection after the run.',
  }),
  concurrency: Flags.string({
    ...load,
    summary: 'Measure with each of these numbers of requests in flight. Default 1,2,4,8.',
    env: 'AIBENCH_CONCURRENCY',
  }),
  duration: Flags.string({
    ...load,
    summary: 'Measure each level for TIME in every repeat. Default 10s.',
    env: 'AIBENCH_DURATION',
  }),
  rate: Flags.string({
    ...load,
    summary:
      'Open loop: send N queries per second at random (Poisson) times, regardless of the server.',
    env: 'AIBENCH_RATE',
  }),
  repeats: Flags.integer({
    ...load,
    min: 1,
    summary: 'Repeat each level N times, interleaved. Default 3.',
    env: 'AIBENCH_REPEATS',
  }),
  slo: Flags.string({
    ...judgement,
    multiple: true,
    multipleNonGreedy: true,
    summary: 'Set a threshold, such as query_p99<20ms; exit with 99 if it is missed. Repeatable.',
    env: 'AIBENCH_SLO',
  }),
  goodput: Flags.string({
    ...judgement,
    helpValue: 'LIMITS',
    summary: 'Count the queries that meet all of these limits, such as query<20ms,recall>=0.9.',
    env: 'AIBENCH_GOODPUT',
  }),
  'find-max-rate': Flags.boolean({
    ...judgement,
    summary:
      'Search for the highest rate that meets every --slo; each step lasts --duration. Begins at --rate, or at what one query after the other reached.',
  }),
  clients: Flags.integer({
    ...instrument,
    helpValue: 'N',
    min: 1,
    summary: 'Query from N processes; the schedule is the same for any N. Default 1.',
    env: 'AIBENCH_CLIENTS',
  }),
  'client-nodes': Flags.integer({
    ...instrument,
    helpValue: 'N',
    min: 0,
    summary: 'Run the clients on N nodes of their own; 0 runs them beside the server. Default 0.',
    env: 'AIBENCH_CLIENT_NODES',
  }),
  url: Flags.string({
    ...target,
    summary: 'Benchmark a Chroma server that aibench did not start, at http:// or https://.',
    env: 'AIBENCH_URL',
  }),
  'token-file': Flags.string({
    ...target,
    helpValue: 'FILE',
    summary:
      'Read the token for --url from this file (mode 0600); sent as bearer token and as x-chroma-token.',
    dependsOn: ['url'],
    env: 'AIBENCH_TOKEN_FILE',
  }),
  'token-header': Flags.string({
    ...target,
    helpValue: 'NAME',
    summary: 'Send the token in this header alone, as it is.',
    dependsOn: ['token-file'],
    env: 'AIBENCH_TOKEN_HEADER',
  }),
  ...foreignFlags,
  tenant: Flags.string({
    ...target,
    summary: 'Tenant of Chroma. Default default_tenant.',
    env: 'AIBENCH_TENANT',
  }),
  database: Flags.string({
    ...target,
    summary: 'Database of the tenant. Default default_database.',
    env: 'AIBENCH_DATABASE',
  }),
}

/** The plan's fields as far as they were given; the service fills in the rest. */
export function vectorBenchFrom(
  flags: Interfaces.InferredFlags<typeof vectorBenchFlags>,
): Omit<BenchRequest<VectorAsked>, 'service'> {
  const { vectors, dim, k, queries, batch, dataset, seed, client, repeats, slo } = flags
  const { rate, duration, concurrency } = flags
  return {
    foreign: {
      ...foreignFrom(flags, flags['token-file']),
      tokenHeader: flags['token-header'],
    },
    planFrom: flags.plan,
    clientNodes: flags['client-nodes'],
    asked: {
      goodput: flags.goodput,
      findMaxRate: flags['find-max-rate'] || undefined,
      clients: flags.clients,
      ...{ vectors, dim, k, queries, batch, dataset, seed, client, repeats, slo },
      ...{ truth: flags.truth, space: flags.space },
      concurrency: concurrency === undefined ? undefined : numbersFrom(concurrency),
      ratePerSecond: rate === undefined ? undefined : rateFrom(rate),
      durationMs: duration === undefined ? undefined : timeFrom(duration, 'duration'),
      keepCollection: flags.keep || undefined,
      ...{ tenant: flags.tenant, database: flags.database },
    },
  }
}

function numbersFrom(text: string): number[] {
  const numbers = text.split(',').map((one) => (/^\s*\d+\s*$/.test(one) ? Number(one) : 0))
  if (numbers.every((one) => one > 0)) return numbers
  throw new UsageError(`--concurrency must be numbers such as 1,2,4,8, not "${text}"`, {
    code: 'AIB_PLAN',
  })
}

function rateFrom(text: string): number {
  const rate = text.trim() === '' ? NaN : Number(text)
  if (rate > 0 && Number.isFinite(rate)) return rate
  throw new UsageError(`--rate must be a number of queries per second, not "${text}"`)
}
