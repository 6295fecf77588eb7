/**
 * How long a target that is attached waits for its first scrape, and whether those that are scraped already notice.
 *
 *   npx tsx bench/attach.ts [attaches] [PROMETHEUS…]
 *
 * Each Prometheus (by default the two versions of the tests) runs twice, as it comes and with a shorter time between looks at what is to be
 * scraped; all run at once. Attached are small pages on the loopback, one after the other, at moments spread over Prometheus' own tick of
 * 5 s. The bound is of the gap: no steady target misses more than half a scrape while others are attached.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PrometheusApi } from '../src/lib/monitoring/prometheus/client.js'
import { prometheusConfig } from '../src/lib/monitoring/prometheus/config.js'
import { ScrapedTargets } from '../src/lib/monitoring/prometheus/sync-targets.js'
import { capabilitiesOf } from '../src/lib/monitoring/prometheus/versions.js'
import type { ScrapeTarget } from '../src/lib/monitoring/targets.js'
import { systemHttp } from '../src/lib/platform/http.js'
import { realPrometheus } from '../test/support/monitors.js'

const INTERVAL_MS = 1_000
const TICK_MS = 5_000
const MOST_INTERVALS = 1.5
const SHORTER = '--scrape.discovery-reload-interval=1s'

interface Attached {
  version: string
  flags: readonly string[]
  /** Milliseconds from the wish to the first scrape that is up, sorted. */
  waits: number[]
  /** Between two scrapes of the steady target, in scrape intervals. */
  largestGap: number
}

async function attachTo(
  program: string,
  flags: readonly string[],
  attaches: number,
): Promise<Attached> {
  const etc = await mkdtemp(join(tmpdir(), 'aibench-attach-'))
  const pages = await Promise.all(Array.from({ length: attaches + 1 }, servePage))
  const url = `http://127.0.0.1:${await freePort()}`
  const version = await versionOf(program)
  const capabilities = capabilitiesOf(version)
  const config = { scrapeIntervalMs: INTERVAL_MS, capabilities, selfTargets: [] }
  await mkdir(join(etc, 'scrape.d'))
  await writeFile(join(etc, 'prometheus.yml'), prometheusConfig(config))
  const child = spawn(
    program,
    [
      `--config.file=${etc}/prometheus.yml`,
      `--storage.tsdb.path=${etc}/tsdb`,
      `--web.listen-address=${new URL(url).host}`,
      '--web.enable-lifecycle',
      ...flags,
    ],
    { stdio: 'ignore' },
  )
  const exit = once(child, 'exit')
  try {
    const api = new PrometheusApi(systemHttp, { url, authorization: 'none' })
    while (!(await isReady(url))) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
      await sleep(50)
    }
    const scraped = new ScrapedTargets({ etc, config, api })
    const [steady, ...others] = pages
    const desired = [targetOf('steady', steady.url)]
    await scraped.sync(desired)
    await firstUp(api, 'steady')
    const before = steady.askedAt.length
    const waits: number[] = []
    for (const [index, page] of others.entries()) {
      const name = `page-${index}`
      await sleep(((index * 0.618) % 1) * TICK_MS)
      desired.push(targetOf(name, page.url))
      const asked = Date.now()
      const { refused } = await scraped.sync([...desired])
      if (refused.length > 0) throw new Error(refused[0].error)
      waits.push((await firstUp(api, name)) - asked)
    }
    const times = steady.askedAt.slice(Math.max(0, before - 1))
    const gaps = times.slice(1).map((at, index) => (at - times[index]) / INTERVAL_MS)
    waits.sort((a, b) => a - b)
    return { version, flags, waits, largestGap: Math.max(...gaps) }
  } finally {
    child.kill('SIGKILL')
    await exit
    for (const page of pages) page.close()
    await rm(etc, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** When Prometheus began the first scrape that was well; asked often enough to see it before the second. */
async function firstUp(api: PrometheusApi, name: string): Promise<number> {
  for (;;) {
    const target = (await api.targets()).find(({ pool }) => pool === `${name}/0`)
    if (target?.health === 'up') return Date.parse(target.lastScrapeAt!)
    await sleep(INTERVAL_MS / 10)
  }
}

function targetOf(name: string, url: string): ScrapeTarget {
  return {
    name,
    labels: { name },
    endpoints: [{ url, path: '/metrics', job: 'page' }],
    credentials: null,
    sampleLimit: 0,
  }
}

async function servePage() {
  const askedAt: number[] = []
  const server = createServer((_request, answer) => {
    askedAt.push(performance.now())
    answer.setHeader('content-type', 'text/plain; version=0.0.4')
    answer.end('page_lines 1\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}`, askedAt, close }
}

async function freePort(): Promise<number> {
  const page = await servePage()
  page.close()
  return Number(new URL(page.url).port)
}

async function versionOf(program: string): Promise<string> {
  const child = spawn(program, ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(child, 'close')
  return /version (\d+\.\d+\.\d+)/.exec(text)?.[1] ?? 'unknown'
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/-/ready`).then(
    ({ status }) => status === 200,
    () => false,
  )
}

function share(sorted: readonly number[], of: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * of) - 1)]
  return `${(value / 1000).toFixed(2)} s`.padStart(8)
}

const [attaches = '20', ...given] = process.argv.slice(2)
const real = await realPrometheus()
if (given.length === 0 && real.why !== '') throw new Error(real.why)
const programs = given.length > 0 ? given : [real.prometheus, real.oldPrometheus]
const all = await Promise.all(
  programs.flatMap((program) =>
    [[], [SHORTER]].map((flags) => attachTo(program, flags, Number(attaches))),
  ),
)
console.log(`${attaches} attaches each, scraped every ${INTERVAL_MS / 1000} s`)
console.log('version        p50       p95   largest gap of another, in intervals')
for (const { version, flags, waits, largestGap } of all) {
  const gap = largestGap.toFixed(2).padStart(8)
  const [p50, p95] = [share(waits, 0.5), share(waits, 0.95)]
  console.log(`${version.padEnd(8)}  ${p50}  ${p95}  ${gap}  ${flags.join(' ')}`.trimEnd())
  if (largestGap > MOST_INTERVALS) process.exitCode = 1
}
console.log(`bound of the gap: ${MOST_INTERVALS}`)
