import type { OpenedAccess } from '../http/access.js'
import { ConnectionPool } from '../http/connection-pool.js'
import type { Schedule, Shard } from '../load/schedule.js'
import type { Workload } from '../load/workload.js'
import { loadInferenceDataset } from './datasets/load.js'
import type { Constraint, InferenceDataset } from './item.js'
import { completionRequest, OPENAI, timeoutsOf, type CompletionRequest } from './openai.js'
import type { InferenceConfig, InferencePlan } from './plan.js'
import type { ServerInfo } from './preflight.js'
import { RequestWriter } from './request-writer.js'
import type { ResponseStream } from './response-stream.js'
import { firstItemOf, scheduleOf, type Repeat } from './schedule.js'
import { requestFields } from './structured/request-fields.js'
import { InferenceTally } from './tally.js'

/** Prompts of a dataset, sent to OpenAI's API. */
export class InferenceWorkload implements Workload<
  CompletionRequest,
  ResponseStream,
  Repeat,
  InferenceTally
> {
  private constructor(
    readonly config: InferenceConfig,
    readonly access: OpenedAccess,
    readonly dataset: InferenceDataset,
    /** The same for repeats without constraints. */
    readonly baseline: InferenceDataset,
    readonly writer: RequestWriter,
  ) {}

  static async load(
    config: InferenceConfig,
    server: ServerInfo,
    access: OpenedAccess,
  ): Promise<InferenceWorkload> {
    const { plan, url, runId } = config
    const { seed, endpoint, numPrompts, temperature, extraBody } = plan
    const load = (salt: string) =>
      loadInferenceDataset(plan.dataset, { seed, salt, endpoint, numPrompts })
    const dataset = await load(server.salt)
    // With the same salt it would find the prompts of the other repeats in the server's cache.
    const baseline =
      plan.pairedBaseline && server.salt !== '' ? await load(`~${server.salt.slice(1)}`) : dataset
    const { model, features, version } = server
    const writer = new RequestWriter({
      url: new URL(url),
      headers: access.headers,
      trust: access.trust,
      extraBody,
      endpoint,
      model,
      temperature,
      features,
      runId,
      constraintFields: (constraint: Constraint) =>
        requestFields(constraint, { version, endpoint }).body,
    })
    return new InferenceWorkload(config, access, dataset, baseline, writer)
  }

  connect(): ConnectionPool<CompletionRequest, ResponseStream> {
    const { config, access } = this
    return new ConnectionPool({
      url: new URL(config.url),
      protocol: OPENAI,
      timeouts: timeoutsOf(config.plan.timeouts),
      trust: access.trust,
    })
  }

  name(repeat: Repeat): string {
    return nameOf(repeat, this.config.plan)
  }

  schedule(repeat: Repeat): Schedule {
    return scheduleOf(this.config.plan, this.dataset, repeat)
  }

  requests(repeat: Repeat): (index: number) => CompletionRequest {
    const isFree = repeat.variant === 'baseline'
    const dataset = isFree ? this.baseline : this.dataset
    const firstItem = firstItemOf(this.config.plan, repeat)
    const seen = new Set<string>()
    const isFirstUse = (constraint: Constraint | null) => {
      if (constraint === null || isFree) return false
      return seen.size < seen.add(JSON.stringify(constraint)).size
    }
    return (index) => {
      const item = dataset.item(firstItem + index)
      const request = completionRequest(this.writer, item, firstItem + index, isFree)
      return { ...request, isFirstUse: isFirstUse(item.constraint) }
    }
  }

  tally(repeat: Repeat, shard: Shard, keep: (record: object) => void): InferenceTally {
    const { maxTokens } = this.dataset.item(firstItemOf(this.config.plan, repeat))
    return new InferenceTally(repeat, shard, keep, maxTokens)
  }
}

function nameOf({ repeat, variant, ratePerSecond }: Repeat, { repeats }: InferencePlan): string {
  if (variant === 'warm-up') return 'warm-up'
  return [
    ratePerSecond !== undefined && `${ratePerSecond.toPrecision(3)}/s`,
    repeats > 1 && `repeat ${repeat + 1} of ${repeats}`,
    variant === 'baseline' && 'without constraints',
  ]
    .filter(Boolean)
    .join(', ')
}
