import type { Endpoint, ScrapeTarget } from '../targets.js'
import type { Capabilities } from './versions.js'
import { yamlOf, type Yaml } from './yaml.js'

export interface ConfigParts {
  scrapeIntervalMs: number
  /** On every series that leaves it, for others to tell them apart. */
  externalLabels?: Readonly<Record<string, string>>
  capabilities: Capabilities
  /** What runs beside it from its start to its end. */
  selfTargets: readonly ScrapeTarget[]
  /** Of a version that takes no scrape jobs from files of their own: all others too. */
  targets?: readonly ScrapedTarget[]
}

/** The folder of the scrape jobs in files of their own, beside the configuration. */
export const SCRAPE_FOLDER = 'scrape.d'

/** Of late samples, as they come through a Collector. */
const OUT_OF_ORDER = '10m'

/** Resource attributes that become labels of every series that is pushed. */
const PROMOTED = ['run', 'service', 'name', 'slurm.job.id', 'node']

/** The main configuration. */
export function prometheusConfig({
  scrapeIntervalMs,
  externalLabels = {},
  capabilities,
  selfTargets,
  targets = [],
}: ConfigParts): string {
  const interval = `${scrapeIntervalMs}ms`
  const global = { scrape_interval: interval, scrape_timeout: interval }
  const all = [...selfTargets, ...targets].flatMap((target) => scrapeJobs(target, capabilities))
  return yamlOf({
    global:
      Object.keys(externalLabels).length > 0
        ? { ...global, external_labels: externalLabels }
        : global,
    storage: { tsdb: { out_of_order_time_window: OUT_OF_ORDER } },
    ...(capabilities.otlp ? { otlp: { promote_resource_attributes: PROMOTED } } : {}),
    ...(capabilities.scrapeConfigFiles ? { scrape_config_files: [`${SCRAPE_FOLDER}/*.yml`] } : {}),
    scrape_configs: all,
  })
}

/** One that leaves keeps its jobs for a while, with nothing in them. */
export type ScrapedTarget = ScrapeTarget & { isLeaving?: boolean }

/** The file of one target, in {@link SCRAPE_FOLDER}. */
export function scrapeFile(target: ScrapedTarget, capabilities: Capabilities): string {
  return yamlOf({ scrape_configs: scrapeJobs(target, capabilities) })
}

/** What Prometheus calls the group of an endpoint, and tells its targets by. */
export function poolOf({ name }: ScrapeTarget, index: number): string {
  return `${name}/${index}`
}

function scrapeJobs(target: ScrapedTarget, capabilities: Capabilities): Yaml[] {
  return target.endpoints.map((endpoint, index) => ({
    job_name: poolOf(target, index),
    scheme: new URL(endpoint.url).protocol.slice(0, -1),
    metrics_path: endpoint.path,
    ...authorization(target),
    ...(target.sampleLimit > 0 ? { sample_limit: target.sampleLimit } : {}),
    ...(capabilities.fallbackScrapeProtocol
      ? { fallback_scrape_protocol: 'PrometheusText0.0.4' }
      : {}),
    // Whatever it is told by the one or the other way, it is told of redirects too: none of our targets has any.
    follow_redirects: false,
    static_configs: target.isLeaving
      ? []
      : [{ targets: [hostOf(endpoint)], labels: labelsOf(target, endpoint) }],
  }))
}

/** `job` is what it is, and not what its group is called. */
function labelsOf({ labels }: ScrapeTarget, { job }: Endpoint): Record<string, string> {
  return { job, ...labels }
}

function hostOf({ url }: Endpoint): string {
  const { host, port, protocol } = new URL(url)
  if (port !== '') return host
  return `${host}:${protocol === 'https:' ? 443 : 80}`
}

function authorization({ credentials }: ScrapeTarget): { [key: string]: Yaml } {
  if (credentials === null) return {}
  const { file } = credentials
  return credentials.kind === 'bearer'
    ? { authorization: { type: 'Bearer', credentials_file: file } }
    : { basic_auth: { username: credentials.user, password_file: file } }
}
