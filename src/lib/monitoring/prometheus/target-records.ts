import type { ScrapeTarget, TargetRecord } from '../targets.js'
import type { ActiveTarget, PrometheusApi } from './client.js'
import { poolOf } from './config.js'
import type { Refused } from './sync-targets.js'

/** What is to be told of every target, from one look to the next. */
export class TargetRecords {
  readonly #known = new Map<string, TargetRecord>()

  /** @param refused those that Prometheus did not take into its configuration */
  async look(
    api: Pick<PrometheusApi, 'targets' | 'query'>,
    targets: readonly ScrapeTarget[],
    { now, refused }: { now: Date; refused: readonly Refused[] },
  ): Promise<TargetRecord[]> {
    const active = new Map((await api.targets()).map((target) => [target.pool, target]))
    const reasons = new Map(refused.map(({ name, error }) => [name, error]))
    const records = targets.flatMap((target) =>
      target.endpoints.map((endpoint, index) => {
        const pool = poolOf(target, index)
        const record = this.#known.get(pool) ?? firstRecord(target, endpoint, now)
        this.#known.set(pool, record)
        // An exporter that was started again has another port.
        record.url = endpoint.url + endpoint.path
        const error = reasons.get(target.name)
        if (error !== undefined) record.error = `Prometheus does not take it: ${error}`
        else update(record, active.get(pool))
        return { pool, record }
      }),
    )
    const pools = new Set(records.map(({ pool }) => pool))
    for (const pool of this.#known.keys()) if (!pools.has(pool)) this.#known.delete(pool)
    await countSamples(
      api,
      records.map(({ pool, record }) => ({ record, target: active.get(pool) })),
    )
    return records.map(({ record }) => record)
  }
}

function firstRecord(
  { labels }: ScrapeTarget,
  { url, path, job }: ScrapeTarget['endpoints'][number],
  now: Date,
): TargetRecord {
  return {
    ...{ name: labels.name, service: labels.service ?? null, instance: labels.instance_id ?? null },
    ...{ node: labels.node ?? null, job, url: url + path, attachedAt: now.toISOString() },
    ...{ upAt: null, scrapes: 0, samples: null, lastScrapeAt: null, error: null },
  }
}

function update(record: TargetRecord, target: ActiveTarget | undefined): void {
  if (!target) {
    record.error = null
    return
  }
  const { health, lastError, lastScrapeAt } = target
  record.error = lastError === '' ? null : lastError
  if (health === 'up' && lastScrapeAt !== record.lastScrapeAt) {
    record.upAt ??= lastScrapeAt
    record.scrapes++
  }
  record.lastScrapeAt = lastScrapeAt
}

/** How many samples a page has changes seldom: it is asked for again once in a while. */
const COUNT_EVERY = 10

async function countSamples(
  api: Pick<PrometheusApi, 'query'>,
  found: readonly { record: TargetRecord; target: ActiveTarget | undefined }[],
): Promise<void> {
  const isDue = ({ scrapes, samples }: TargetRecord) =>
    scrapes > 1 && (samples === null || scrapes % COUNT_EVERY === 0)
  if (!found.some(({ record }) => isDue(record))) return
  const counts = new Map<string, number>()
  for (const { labels, samples } of await api.query('scrape_samples_scraped'))
    counts.set(keyOf(labels), samples[0]?.value ?? 0)
  for (const { record, target } of found)
    if (target) record.samples = counts.get(keyOf(target.labels)) ?? record.samples
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  const own = Object.entries(labels).filter(([name]) => name !== '__name__')
  return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)))
}
