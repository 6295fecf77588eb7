import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreAddress } from '../../src/lib/monitoring/store.js'

/** A real one, on the loopback, for the test alone. */
export interface RunningPrometheus {
  api: StoreAddress
  tsdb: string
  pid: number
  /** Of a query: its only value, or NaN. */
  value(query: string, time?: number): Promise<number>
  isThere(): boolean
  /** Ends it with a signal, and waits. */
  end(signal?: NodeJS.Signals): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

interface How {
  program: string
  tsdb: string
  /** Where its configuration goes. */
  dir: string
  /** How often it asks itself; null: never. */
  scrapeInterval?: string | null
  flags?: readonly string[]
  /** Of one that was there before. */
  port?: number
}

export async function startPrometheus({
  program,
  tsdb,
  dir,
  scrapeInterval = null,
  flags = [],
  port: given,
}: How): Promise<RunningPrometheus> {
  const port = given ?? (await freePort())
  const config = join(dir, `prometheus-${port}.yml`)
  const url = `http://127.0.0.1:${port}`
  const scrape =
    scrapeInterval === null
      ? ''
      : `global: { scrape_interval: ${scrapeInterval}, scrape_timeout: ${scrapeInterval} }
scrape_configs:
  - job_name: self
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`
  await writeFile(config, scrape)
  const child = spawn(
    program,
    [
      ...[`--config.file=${config}`, `--storage.tsdb.path=${tsdb}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--web.enable-admin-api', '--log.level=warn'],
      ...['--storage.tsdb.retention.time=100y', ...flags],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const end = (signal?: NodeJS.Signals) => ended(child, signal)
  while (!(await answers(url))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`Prometheus ended: ${log}`)
    await sleep(50)
  }
  return {
    ...{ api: { url, authorization: 'none' }, tsdb, pid: child.pid!, end },
    isThere: () => child.exitCode === null && child.signalCode === null,
    async value(query, time) {
      const asked = new URLSearchParams({ query, ...(time ? { time: String(time) } : {}) })
      const answer = await fetch(`${url}/api/v1/query?${asked.toString()}`)
      const { data } = (await answer.json()) as { data: { result: { value: [0, string] }[] } }
      return Number(data.result[0]?.value[1] ?? NaN)
    },
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/-/ready`).then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
