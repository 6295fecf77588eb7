import * as v from 'valibot'
import { option } from '../../options/option.js'
import { alike } from '../../options/set.js'
import { choice, duration, integer, path, text, texts, toggle } from '../../options/types.js'
import { UsageError } from '../../platform/errors.js'
import { errorOption } from '../load/plan-options.js'

/** What a benchmark of a vector database can be told, and what it does when it is not. */

export const count = v.pipe(v.number(), v.integer(), v.minValue(1))

/** What becomes the data set and the queries of a plan. */
export const workloadOptions = alike(
  { group: 'WORKLOAD' },
  {
    vectors: integer({ min: 1, summary: 'Ingest N vectors.', default: 10_000 }),
    dim: integer({ min: 1, summary: 'Use N dimensions.', default: 384 }),
    queries: option<number | string>(
      {
        schema: v.union([count, v.string()]),
        read: (typed) => (/^\d+$/.test(typed) ? Number(typed) : typed),
      },
      {
        helpValue: 'N|FILE',
        summary: 'Use N distinct query vectors, or all those of a file.',
        default: 1_000,
        completes: 'path',
      },
    ),
    truth: path({
      helpValue: 'FILE',
      summary:
        'Take the true neighbours of --queries FILE from this file (.ivecs .ibin .npy); a sample is checked.',
    }),
    dataset: text({
      summary:
        'Choose the vectors: clustered (default), iid, or a file: .fvecs .bvecs .fbin .u8bin .npy .hdf5.',
      completes: ['clustered', 'iid'],
    }),
  },
)

/** Fields of a plan, each as it is. */
export const planOptions = {
  ...alike(
    { group: 'WORKLOAD' },
    {
      k: integer({
        min: 1,
        summary: 'Ask for the N nearest neighbours.',
        default: 10,
        env: null,
      }),
      /** Null: what the data set's file says, else cosine. */
      space: choice(['cosine', 'l2', 'ip'], {
        summary: 'Measure distances this way. Default cosine, or what an .hdf5 file says.',
      }),
      /** Lowered to the server's own limit and to 40 MiB. */
      batch: integer({ min: 1, summary: 'Add N vectors per call.', default: 500 }),
      seed: integer({ summary: 'Seed the data, queries and arrival times.', default: 1 }),
      client: choice(['raw', 'sdk'], {
        summary:
          'Query with the built-in client (raw), or with the chromadb package (sdk) to see what it costs.',
        default: 'raw',
      }),
      keepCollection: toggle({
        flag: 'keep',
        summary: 'Keep the collection after the run.',
        env: null,
      }),
    },
  ),
  ...alike(
    { group: 'LOAD' },
    {
      /** Closed loop: requests in flight. */
      concurrency: option<readonly number[]>(
        {
          schema: v.array(count),
          read(typed, where) {
            const numbers = typed
              .split(',')
              .map((one) => (/^\s*\d+\s*$/.test(one) ? Number(one) : 0))
            if (numbers.every((one) => one > 0)) return numbers
            throw new UsageError(`${where} must be numbers such as 1,2,4,8, not "${typed}"`, {
              code: 'AIB_PLAN',
            })
          },
        },
        {
          summary: 'Measure with each of these numbers of requests in flight.',
          default: [1, 2, 4, 8],
        },
      ),
      /** How long each level is measured, each time. */
      durationMs: duration({
        min: 1,
        summary: 'Measure each level for TIME in every repeat.',
        default: 10_000,
      }),
      /** Open loop when given: arrivals a second, whatever is in flight; `concurrency` has no part in it. */
      ratePerSecond: option(
        {
          schema: v.pipe(v.number(), v.minValue(0.001)),
          read(typed, where) {
            const rate = typed.trim() === '' ? NaN : Number(typed)
            if (rate > 0 && Number.isFinite(rate)) return rate
            throw new UsageError(`${where} must be a number of queries per second, not "${typed}"`)
          },
        },
        {
          flag: 'rate',
          summary:
            'Open loop: send N queries per second at random (Poisson) times, regardless of the server.',
        },
      ),
      repeats: integer({ min: 1, summary: 'Repeat each level N times, interleaved.', default: 3 }),
    },
  ),
  /** Thresholds as typed. */
  slo: texts({
    group: 'JUDGEMENT',
    summary: 'Set a threshold, such as query_p99<20ms; exit with 99 if it is missed. Repeatable.',
  }),
  ...errorOption,
}

/** The same, of which a plan of 0.1.0 has none. */
export const laterPlanOptions = {
  ...alike(
    { group: 'JUDGEMENT' },
    {
      /** Limits of each query. */
      goodput: text({
        helpValue: 'LIMITS',
        summary: 'Count the queries that meet all of these limits, such as query<20ms,recall>=0.9.',
      }),
      findMaxRate: toggle({
        summary:
          'Search for the highest rate that meets every --slo; each step lasts --duration. Begins at --rate, or at what one query after the other reached.',
        env: null,
      }),
    },
  ),
  /** Worker processes. */
  clients: integer({
    group: 'INSTRUMENT',
    helpValue: 'N',
    min: 1,
    summary: 'Query from N processes; the schedule is the same for any N.',
    default: 1,
  }),
}

/** Where its server keeps the collection. Absent of a plan: the server's defaults. */
export const placeOptions = alike(
  { group: 'WHERE' },
  {
    tenant: text({ summary: 'Tenant of Chroma. Default default_tenant.' }),
    database: text({ summary: 'Database of the tenant. Default default_database.' }),
  },
)
