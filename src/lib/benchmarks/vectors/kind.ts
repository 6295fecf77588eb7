import { join } from 'node:path'
import { describePlan } from '../../instrument/vectors/describe.js'
import {
  VectorPlanSchema,
  type VectorPlan,
  type VectorSample,
} from '../../instrument/vectors/plan.js'
import { VectorResultSchema, type VectorResult } from '../../instrument/vectors/result.js'
import { UsageError } from '../../platform/errors.js'
import { shortId } from '../../platform/identifiers.js'
import type { BenchmarkKind } from '../kind.js'
import { AnyVectorResultSchema } from './old-results.js'
import { neededMs, planOf, type VectorAsked } from './plan-from-request.js'
import { shareOf, textOf } from './progress.js'
import { toldOf } from './told.js'
import { figuresOf, judgedOf, summaryLine } from './verdict.js'

/** A vector database: collection, ingest, queries, recall. */
export const vectors: BenchmarkKind<VectorPlan, VectorResult, VectorAsked, VectorSample> = {
  kind: 'vectors',
  plan: VectorPlanSchema,
  result: VectorResultSchema,
  anyResult: AnyVectorResultSchema,
  planOf,
  refuse({ client, server }, bench) {
    if (client === 'sdk' && (server?.caFile || server?.insecure))
      throw new UsageError(
        `The client library takes no ${server.caFile ? '--ca-file' : '--insecure'}`,
        { hints: ['export NODE_EXTRA_CA_CERTS=FILE', `${bench} --client raw`] },
      )
  },
  neededMs,
  shorter: '--duration 2s --repeats 1',
  about(plan) {
    const words = describePlan(plan)
    const header = (hardware: string, profile: string | null) => [
      ...words,
      profile !== null && `profile ${profile}`,
      hardware,
    ]
    return { subject: words[0], load: words[2], header }
  },
  config: ({ environment }, { runId }) => ({
    cacheDir: join(environment.cacheDir, 'ground-truth'),
    collection: `aibench-${runId}-${shortId(6)}`,
  }),
  told: toldOf,
  live: () => ({ text: textOf, share: shareOf }),
  judged: judgedOf,
  summary: summaryLine,
  figures: figuresOf,
}
