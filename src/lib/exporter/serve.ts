import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { furtherFiguresOf, PROGRESS_FOLDER, type ExporterPlan } from '../platform/exporter-files.js'
import { readTextIfThere } from '../platform/files.js'
import type { Guard } from '../platform/guard.js'
import type { GpuWatcher } from './gpus/watch-gpus.js'
import { STALE_MS, tellGpus } from './gpus/tell-gpus.js'
import type { Members } from './members.js'
import { ROOTS, tellNode, type Roots } from './node/node-figures.js'
import { CONTENT_TYPE, FigurePage } from '../platform/figure-page.js'
import { passOn, refuse } from './pass-on.js'
import type { Relay, RelayCounts } from './relay/relay.js'

export interface ServeOptions {
  runDir: string
  node: string
  host: string
  plan: ExporterPlan
  guard: Guard
  members: Members
  gpus: GpuWatcher
  relay?: Pick<Relay, 'counts'>
  now(): number
  roots?: Roots
}

export interface ExporterServer {
  port: number
  close(): void
}

/** More ask only by mistake, or to harm. */
const MOST_CONNECTIONS = 64
const MOST_FURTHER_BYTES = 1 << 20

/** Answers `GET /metrics` and `GET /member/NAME/metrics` to whoever has the token, and everybody else with a 401. */
export async function serve(options: ServeOptions): Promise<ExporterServer> {
  const server = createServer(
    // A scraper keeps its connection from one look to the next.
    { keepAliveTimeout: 75_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    (request, answer) => respond(options, request, answer),
  )
  server.maxConnections = MOST_CONNECTIONS
  server.listen(0, options.host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function respond(options: ServeOptions, request: IncomingMessage, answer: ServerResponse): void {
  const { guard, plan, members, runDir } = options
  request.resume()
  if (!guard.accepts(request.headers.authorization)) {
    refuse(answer, 401, 'this exporter asks for its token: Authorization: Bearer TOKEN', {
      'www-authenticate': 'Bearer realm="aibench"',
      connection: 'close',
    })
    return
  }
  if (request.method !== 'GET') return refuse(answer, 405, 'only GET', { allow: 'GET' })
  const [path] = (request.url ?? '').split('?')
  if (path === '/metrics') return void tell(options, answer)
  const name = memberIn(path)
  if (name === undefined || !Object.hasOwn(plan.members, name))
    return refuse(answer, 404, 'there are /metrics and /member/NAME/metrics')
  const place = members.placeOf(name)
  if (!place) return refuse(answer, 503, 'the server does not listen here yet')
  passOn({ runDir, member: plan.members[name], place }, request, answer).catch(() =>
    refuse(answer, 502, 'the secret of the server can’t be read'),
  )
}

function memberIn(path: string): string | undefined {
  const [, word] = /^\/member\/([^/]+)\/metrics$/.exec(path) ?? []
  try {
    return word === undefined ? undefined : decodeURIComponent(word)
  } catch {
    return undefined
  }
}

async function tell(
  { runDir, node, gpus, relay, now, roots = ROOTS }: ServeOptions,
  answer: ServerResponse,
): Promise<void> {
  const further = await furtherFigures(runDir, node)
  const began = performance.now()
  const page = new FigurePage()
  tellNode(page, node, roots)
  const look = gpus.last()
  if (look && now() - look.at <= STALE_MS) tellGpus(page, look)
  if (relay) tellRelay(page, relay.counts)
  tellItself(page, (performance.now() - began) / 1000)
  answer.writeHead(200, { 'content-type': CONTENT_TYPE })
  answer.end(page.text + further)
}

/** Read for the one who asks: what a program does now. What can't be read is not there, and the rest is. */
async function furtherFigures(runDir: string, node: string): Promise<string> {
  const path = join(runDir, PROGRESS_FOLDER, furtherFiguresOf(node))
  const text = await readTextIfThere(path, MOST_FURTHER_BYTES).catch(() => undefined)
  return text ?? ''
}

/** What it costs to be watched. */
function tellItself(page: FigurePage, seconds: number): void {
  const { user, system } = process.cpuUsage()
  page.counter(
    'process_cpu_seconds_total',
    'Processor time of this exporter.',
    (user + system) / 1e6,
  )
  page.gauge(
    'process_resident_memory_bytes',
    'Resident memory of this exporter.',
    process.memoryUsage.rss(),
  )
  page.gauge('aibench_exporter_page_seconds', 'What it took to make this page.', seconds)
}

function tellRelay(page: FigurePage, counts: RelayCounts): void {
  page.counter(
    'aibench_relay_requests_total',
    'Requests by OTLP of the servers here, by what became of them.',
    Object.entries(counts).map(([outcome, count]) => [{ outcome }, count as number]),
  )
}
