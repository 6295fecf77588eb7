import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Metrics } from '../../src/lib/simulator/metrics.js'
import { readPage, recordedPage, type Page } from './recorded-metrics.js'

/** Two minutes, a sample a second, long ago. */
export const FIRST_S = 1_700_000_000
export const LAST_S = FIRST_S + 120

type Labels = Readonly<Record<string, string>>

const node = { node: 'n1', instance_id: 'i-1', slurm_job_id: '7' }
const OLD_VLLM = readPage(
  new Metrics().text(
    { running: 1, waiting: 0, kvCacheShare: 0.5 },
    { model: 'tiny', version: '0.9.0' },
  ),
)

/** Who told what. */
const TOLD: readonly { page: Page; by: Labels }[] = [
  { page: recordedPage('vllm-0.32.0'), by: { service: 'vllm', name: 'new', ...node } },
  { page: OLD_VLLM, by: { service: 'vllm', name: 'old', ...node } },
  { page: recordedPage('gpu'), by: { service: 'vllm', name: 'new', ...node } },
  { page: recordedPage('chroma-1.5.9-otlp'), by: { service: 'chroma', name: 'db' } },
  { page: recordedPage('client'), by: { run: 'r1' } },
  { page: recordedPage('filesystem-run'), by: { run: 'r2', service: 'lustre', name: 'io500' } },
  { page: recordedPage('node-exporter-1.12.1'), by: { service: 'vllm', name: 'new', ...node } },
  { page: recordedPage('infiniband'), by: { service: 'vllm', name: 'new', ...node } },
  { page: recordedPage('prometheus-3.16.0'), by: { service: 'monitors', name: 'own', ...node } },
  { page: recordedPage('scrape'), by: { service: 'vllm', name: 'new', ...node } },
]

/** Values of a label that a page with one sample of each name does not have. */
const VARIANTS: Readonly<Record<string, readonly Labels[]>> = {
  node_cpu_seconds_total: [{ mode: 'idle' }, { mode: 'user' }, { mode: 'iowait' }],
  node_network_receive_bytes_total: [{ device: 'lo' }, { device: 'eth0' }],
  node_network_transmit_bytes_total: [{ device: 'lo' }, { device: 'eth0' }],
  aibench_client_requests_total: [
    { service: 'vllm', name: 'new' },
    { service: 'chroma', name: 'db' },
  ],
  aibench_client_inflight: [
    { service: 'vllm', name: 'new' },
    { service: 'chroma', name: 'db' },
  ],
  aibench_run_info: [{ phase: 'warm-up' }, { phase: 'measure' }],
}

/** Fills the data of a Prometheus with all that its servers told in the fixtures, as if all of it had run for two minutes. */
export async function fillTsdb(promtool: string, tsdb: string, dir: string): Promise<void> {
  const file = join(dir, 'figures.txt')
  const lines = TOLD.flatMap(({ page, by }) =>
    [...page].flatMap(([name, { type, labels }]) =>
      variantsOf(name, {
        ...Object.fromEntries([...labels].map((label) => [label, 'x'])),
        ...by,
      }).flatMap((all) => samples(name, all, type === 'counter')),
    ),
  )
  await writeFile(file, [...lines, '# EOF', ''].join('\n'))
  const made = ['tsdb', 'create-blocks-from', 'openmetrics', file, tsdb]
  await promisify(execFile)(promtool, made, { maxBuffer: 1 << 24 })
}

function variantsOf(name: string, labels: Labels): Labels[] {
  const own = VARIANTS[name] ?? [{}]
  const bounds = name.endsWith('_bucket') ? [{ le: '0.1' }, { le: '1' }, { le: '+Inf' }] : [{}]
  return own.flatMap((variant) => bounds.map((bound) => ({ ...labels, ...variant, ...bound })))
}

function samples(name: string, labels: Labels, isCounter: boolean): string[] {
  const inner = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const series = `${name}{${inner.join(',')}}`
  return Array.from({ length: LAST_S - FIRST_S + 1 }, (_, second) => {
    const value = isCounter ? second * (Number(labels.le) || 2) : 1
    return `${series} ${value} ${FIRST_S + second}`
  })
}
