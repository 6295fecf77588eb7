/**
 * How long a target that is attached waits for its first scrape, where that time goes, and whether those that are scraped already notice.
 *
 *   npm run build && npx tsx bench/attach.ts [attaches] [PROMETHEUS…]
 *
 * The monitors of each Prometheus (by default the two versions of the tests) run as a job on this machine, as they always do; both at once.
 * Attached are small pages on the loopback, by a wish as `monitors attach` leaves it. First after a pause of 5 to 10 s each, at moments
 * spread over 5 s (Prometheus' own tick); then half a second after one another, as members of a service on several nodes come.
 *
 * Of the wait, the agent's is until Prometheus has taken its configuration; discovery is until it has the target; the offset is until it asks
 * for the first time, at its own moment within the scrape interval, which nobody can choose. Bounds: p95 of single attaches ≤ 6 s, and ≤ 2 s
 * without discovery where that is a tick of 5 s (before 3.11); no steady target misses more than half a scrape while others are attached.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PrometheusApi } from '../src/lib/monitoring/prometheus/client.js'
import { systemHttp } from '../src/lib/platform/http.js'
import { makeWish } from '../src/lib/services/monitors/wishes.js'
import { realPrometheus } from '../test/support/monitors.js'

const PROGRAM = fileURLToPath(new URL('../bin/run.js', import.meta.url))
const INTERVAL_MS = 1_000
const TICK_MS = 5_000
const [MOST_MS, MOST_WITHOUT_TICK_MS, MOST_INTERVALS] = [6_000, 2_000, 1.5]

/** Milliseconds of one attach. */
interface Wait {
  agent: number
  discovery: number
  offset: number
  all: number
}

interface Measured {
  version: string
  single: Wait[]
  inARow: Wait[]
  /** Between two scrapes of the steady target, in scrape intervals. */
  largestGap: number
}

async function attachTo(program: string, attaches: number): Promise<Measured> {
  const home = await mkdtemp(join(tmpdir(), 'aibench-attach-'))
  const pages = await Promise.all(Array.from({ length: 2 * attaches + 1 }, servePage))
  const env = {
    ...{ ...process.env, AIBENCH_HOME: home, AIBENCH_SCHEDULER: 'local' },
    ...{ AIBENCH_MONITORS_PROMETHEUS: program, AIBENCH_MONITORS_WITH: 'prometheus' },
  }
  const aibench = async (...words: string[]) =>
    (await promisify(execFile)(process.execPath, [PROGRAM, 'monitors', ...words], { env })).stdout
  try {
    const started = JSON.parse(await aibench('start', '--wait', '--json')) as {
      data: { instance: { runDir: string } }
    }
    const { runDir } = started.data.instance
    const { host, prometheus } = JSON.parse(await readFile(join(runDir, 'ports.json'), 'utf8')) as {
      host: string
      prometheus: number
    }
    const password = (await readFile(join(runDir, 'prometheus.token'), 'utf8')).trim()
    const url = `http://${host}:${prometheus}`
    const authorization = `Basic ${Buffer.from(password).toString('base64')}`
    const api = new PrometheusApi(systemHttp, { url, authorization })

    const attach = async (name: string, page: string): Promise<Wait> => {
      const before = Date.now()
      await makeWish(runDir, {
        ...{ wish: 'scrape', name, url: page, path: '/metrics' },
        ...{ labels: {}, credentials: null, sampleLimit: 0 },
      })
      let seen = 0
      for (;;) {
        const target = (await api.targets()).find(({ pool }) => pool === `attached.${name}/0`)
        if (target) seen ||= Date.now()
        if (target?.health === 'up') {
          const up = Date.parse(target.lastScrapeAt!)
          const taken = await reloadedAt(url, authorization)
          return {
            ...{ agent: taken - before, discovery: seen - taken },
            ...{ offset: up - seen, all: up - before },
          }
        }
        await sleep(25)
      }
    }

    const [steady, ...others] = pages
    await attach('steady', steady.url)
    const before = steady.askedAt.length
    const single: Wait[] = []
    for (const [index, page] of others.slice(0, attaches).entries()) {
      await sleep(TICK_MS + ((index * 0.618) % 1) * TICK_MS)
      single.push(await attach(`single-${index}`, page.url))
    }
    const inARow: Wait[] = []
    for (const [index, page] of others.slice(attaches).entries()) {
      await sleep(500)
      inARow.push(await attach(`row-${index}`, page.url))
    }
    const times = steady.askedAt.slice(before - 1)
    const gaps = times.slice(1).map((at, index) => (at - times[index]) / INTERVAL_MS)
    return { version: await api.version(), single, inARow, largestGap: Math.max(...gaps) }
  } finally {
    await aibench('stop', '--force').catch(() => undefined)
    for (const page of pages) page.close()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** When it last took its configuration. */
async function reloadedAt(url: string, authorization: string): Promise<number> {
  const { body } = await systemHttp.call('GET', `${url}/metrics`, { headers: { authorization } })
  const name = 'prometheus_config_last_reload_success_timestamp_seconds'
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)![1]) * 1000
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

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]
}

const [attaches = '20', ...given] = process.argv.slice(2)
const real = await realPrometheus()
if (given.length === 0 && real.why !== '') throw new Error(real.why)
const programs = given.length > 0 ? given : [real.prometheus, real.oldPrometheus]
const all = await Promise.all(programs.map((program) => attachTo(program, Number(attaches))))
console.log(
  `${attaches} attaches each, scraped every ${INTERVAL_MS / 1000} s; p50 / p95 in seconds`,
)
console.log(`${''.padEnd(26)}all          agent        discovery    offset       without discovery`)
for (const { version, single, inARow, largestGap } of all) {
  const hasTick = version.startsWith('2.') || /^3\.(\d|10)\./.test(version)
  for (const [name, waits] of [
    ['one by one', single],
    ['in a row', inARow],
  ] as const) {
    const rest = waits.map(({ agent, offset }) => agent + offset)
    const columns = [
      ...(['all', 'agent', 'discovery', 'offset'] as const).map((part) =>
        waits.map((w) => w[part]),
      ),
      rest,
    ].map((values) =>
      [0.5, 0.95].map((share) => (quantile(values, share) / 1000).toFixed(2)).join(' / '),
    )
    console.log(
      `${`${version.replace(/\+.*/, '')} ${name}`.padEnd(26)}${columns.map((text) => text.padEnd(13)).join('')}`.trimEnd(),
    )
    if (waits !== single) continue
    const counted = hasTick ? rest : waits.map((wait) => wait.all)
    if (quantile(counted, 0.95) > MOST_WITHOUT_TICK_MS) process.exitCode = 1
    if (
      quantile(
        waits.map((wait) => wait.all),
        0.95,
      ) > MOST_MS
    )
      process.exitCode = 1
  }
  console.log(
    `  largest gap of another: ${largestGap.toFixed(2)} intervals (bound ${MOST_INTERVALS})`,
  )
  if (largestGap > MOST_INTERVALS) process.exitCode = 1
}
