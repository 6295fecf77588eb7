/**
 * What the gate costs: one streaming server on loopback, reached straight and through `dist/gate.js`, interleaved.
 *
 *   node scripts/build.mjs && npx tsx bench/gate.ts [rounds]
 *
 * Paced: 32 streams at a time, each with 50 events a second; an event carries the time of its sending by the machine's monotonic clock,
 * and its delay is counted from there to its arrival. Closed loop: 16 clients, small requests, connections kept. Differences and ratios
 * are those of a round, and their median over the rounds is shown. Client, gate and server share the machine's cores: on a busy machine
 * most of the difference is the waiting for one, and only the gate's own CPU time says what the gate costs.
 */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { Agent, createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { latencyOf, spreadOf } from '../src/lib/instrument/measure/statistics.js'
import { makeTokenFile } from '../src/lib/platform/token-file.js'

const GATE = fileURLToPath(new URL('../dist/gate.js', import.meta.url))
const [STREAMS, EVENTS, EVENT_EVERY_MS] = [32, 200, 20]
const [CLIENTS, LOOP_MS] = [16, 3_000]
/** The kernel counts CPU time in ticks of 10 ms. */
const TICKS_PER_SECOND = 100

interface Round {
  p50Ms: number
  p99Ms: number
  requestsPerSecond: number
  gateUsPerEvent: number
  gateUsPerRequest: number
}
type Way = 'straight' | 'gate'

async function main(rounds: number): Promise<void> {
  if (!existsSync(GATE)) throw new Error('dist/gate.js is missing: node scripts/build.mjs')
  const folder = await mkdtemp(join(tmpdir(), 'aibench-gate-'))
  const token = await makeTokenFile(join(folder, 'token'))
  const server = fork(fileURLToPath(import.meta.url), ['--server'])
  const [port] = (await once(server, 'message')) as [number]
  const straight = `http://127.0.0.1:${port}`
  const gate = spawn(
    process.execPath,
    [
      ...[GATE, '--listen', '127.0.0.1:0', '--target', straight],
      ...['--token-file', join(folder, 'token')],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(gate.stdout, 'data')) as [Buffer]
  const ways = { straight, gate: `http://${String(line).trim().split(' ').at(-1)}` }
  const figures: Record<Way, Round[]> = { straight: [], gate: [] }
  const headers = { authorization: `Bearer ${token}` }
  try {
    for (const url of Object.values(ways)) await requestsPerSecond(url, headers, 1_000)
    for (let round = 0; round < rounds; round++)
      for (const way of ['straight', 'gate'] as const)
        figures[way].push(await measure(ways[way], headers, gate.pid!))
    report(figures)
  } finally {
    gate.kill()
    server.kill()
    await rm(folder, { recursive: true })
  }
}

async function measure(
  url: string,
  headers: Record<string, string>,
  gatePid: number,
): Promise<Round> {
  const startSeconds = await cpuSecondsOf(gatePid)
  const { p50Ms, p99Ms } = latencyOf(await delaysOf(url, headers))
  const middleSeconds = await cpuSecondsOf(gatePid)
  const perSecond = await requestsPerSecond(url, headers, LOOP_MS)
  const endSeconds = await cpuSecondsOf(gatePid)
  return {
    p50Ms: p50Ms!,
    p99Ms: p99Ms!,
    requestsPerSecond: perSecond,
    gateUsPerEvent: ((middleSeconds - startSeconds) * 1e6) / (STREAMS * EVENTS),
    gateUsPerRequest: ((endSeconds - middleSeconds) * 1e6) / (perSecond * (LOOP_MS / 1000)),
  }
}

function report(figures: Record<Way, Round[]>): void {
  const median = (of: (gate: Round, straight: Round) => number, digits: number) =>
    spreadOf(figures.gate.map((gate, i) => of(gate, figures.straight[i]))).median!.toFixed(digits)
  for (const [name, key] of [
    ['delay of an event p50, ms', 'p50Ms'],
    ['delay of an event p99, ms', 'p99Ms'],
  ] as const)
    console.log(
      name.padEnd(26),
      `straight ${median((_, straight) => straight[key], 3)}   gate ${median((gate) => gate[key], 3)}`,
      `  added ${median((gate, straight) => gate[key] - straight[key], 3)}`,
    )
  const key = 'requestsPerSecond'
  console.log(
    'requests/s'.padEnd(26),
    `straight ${median((_, straight) => straight[key], 0)}   gate ${median((gate) => gate[key], 0)}`,
    `  ratio ${median((gate, straight) => gate[key] / straight[key], 2)}`,
  )
  console.log(
    "the gate's own CPU time".padEnd(26),
    `${median((gate) => gate.gateUsPerEvent, 0)} µs an event, ${median((gate) => gate.gateUsPerRequest, 0)} µs a small request`,
  )
}

async function delaysOf(url: string, headers: Record<string, string>): Promise<Float64Array> {
  const delaysMs: number[] = []
  const read = async () => {
    const incoming = await answerOf(`${url}/stream`, headers)
    incoming.on('data', (chunk: Buffer) => {
      const nowNs = process.hrtime.bigint()
      for (const [, sentNs] of String(chunk).matchAll(/data: (\d+)\n\n/g))
        delaysMs.push(Number(nowNs - BigInt(sentNs)) / 1e6)
    })
    await once(incoming, 'end')
  }
  const streams: Promise<void>[] = []
  for (let i = 0; i < STREAMS; i++) {
    streams.push(read())
    // Spread over the interval: a real server's streams do not all speak at once.
    await sleep(EVENT_EVERY_MS / STREAMS)
  }
  await Promise.all(streams)
  if (delaysMs.length !== STREAMS * EVENTS)
    throw new Error(`${delaysMs.length} of ${STREAMS * EVENTS} events came`)
  return Float64Array.from(delaysMs)
}

async function requestsPerSecond(
  url: string,
  headers: Record<string, string>,
  loopMs: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const startMs = performance.now()
  let answered = 0
  const client = async () => {
    while (performance.now() - startMs < loopMs) {
      const incoming = await answerOf(url, headers, agent)
      incoming.resume()
      await once(incoming, 'end')
      answered++
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  agent.destroy()
  return answered / ((performance.now() - startMs) / 1000)
}

async function answerOf(
  url: string,
  headers: Record<string, string>,
  agent?: Agent,
): Promise<IncomingMessage> {
  const outgoing = request(url, { headers, agent: agent ?? false }).end()
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  if (incoming.statusCode !== 200) throw new Error(`${url} answers ${incoming.statusCode}`)
  return incoming
}

/** In the child: `/stream` sends events, everything else is answered at once. */
function serve(): void {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url !== '/stream') return void outgoing.end('{"status":"ok"}')
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
    let sent = 0
    const timer = setInterval(() => {
      outgoing.write(`data: ${process.hrtime.bigint()}\n\n`)
      if (++sent < EVENTS) return
      clearInterval(timer)
      outgoing.end()
    }, EVENT_EVERY_MS)
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit(0))
}

async function cpuSecondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

if (process.argv[2] === '--server') serve()
else await main(Number(process.argv[2] ?? 5))
