/**
 * What TLS costs the measuring client: the same streams from the null server, straight and through TLS, interleaved in one run.
 *
 *   npx tsx bench/https.ts [rounds]
 *
 * The null server and the TLS in front of it run in processes of their own; what is told is this process's CPU time alone, by the event
 * and by the request, and its ratio in each round.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ConnectionPool } from '../src/lib/instrument/http/connection-pool.js'
import { startNullServer } from '../src/lib/instrument/http/null-server.js'
import { NULL_STREAM_EVENTS, nullStream } from '../src/lib/instrument/inference/null-stream.js'
import { completionRequest, OPENAI } from '../src/lib/instrument/inference/openai.js'
import { ALL_FEATURES, RequestWriter } from '../src/lib/instrument/inference/request-writer.js'
import { spreadOf } from '../src/lib/instrument/measure/statistics.js'
import { openTrust, type Trust } from '../src/lib/platform/trust.js'
import { makeAuthority, tlsFront } from '../test/support/tls.js'

const [STREAMS, REQUESTS, CONNECTS] = [16, 4_000, 100]
const TIMEOUTS = { connectMs: 20_000, firstMs: 60_000, idleMs: 60_000, totalMs: 120_000 }
const WORKER = fileURLToPath(new URL('../src/lib/app/worker-main.ts', import.meta.url))

async function main(rounds: number): Promise<void> {
  using plain = await startNullServer(WORKER, { pieces: nullStream(), isPaced: false })
  const front = fork(fileURLToPath(import.meta.url), ['--front', plain.url])
  const [{ url, caFile }] = (await once(front, 'message')) as [{ url: string; caFile: string }]
  const trust = await openTrust({ caFile, insecure: false })
  const ratios: Record<string, number[]> = { events: [], connects: [] }
  const perEvent = { http: [] as number[], https: [] as number[] }
  await streams(plain.url, null, REQUESTS / 4)
  await streams(url, trust, REQUESTS / 4)
  for (let round = 0; round < rounds; round++) {
    const http = await streams(plain.url, null, REQUESTS)
    const https = await streams(url, trust, REQUESTS)
    perEvent.http.push(http)
    perEvent.https.push(https)
    ratios.events.push(https / http)
    ratios.connects.push((await connects(url, trust)) - (await connects(plain.url, null)))
  }
  const middle = (values: number[]) => spreadOf(values).median!
  console.log(
    `client CPU an event: http ${middle(perEvent.http).toFixed(2)} µs, https ${middle(perEvent.https).toFixed(2)} µs, ratio ${middle(ratios.events).toFixed(2)}`,
  )
  console.log(
    `events a CPU second: http ${Math.round(1e6 / middle(perEvent.http))}, https ${Math.round(1e6 / middle(perEvent.https))}`,
  )
  console.log(`a connection more: ${middle(ratios.connects).toFixed(2)} ms of CPU`)
  front.kill()
}

/** @returns microseconds of CPU an event */
async function streams(address: string, trust: Trust | null, requests: number): Promise<number> {
  const url = new URL(address)
  const connections = new ConnectionPool({ url, protocol: OPENAI, timeouts: TIMEOUTS, trust })
  const writer = new RequestWriter({
    ...{ url, headers: {}, trust, endpoint: 'chat', model: 'null', temperature: 0 },
    ...{ runId: 'https', features: ALL_FEATURES, constraintFields: () => ({}) },
  })
  const request = completionRequest(
    writer,
    {
      prompt: { kind: 'text', text: 'nothing' },
      inputTokens: 1,
      maxTokens: NULL_STREAM_EVENTS,
      ignoreEos: true,
      constraint: null,
      atMs: null,
    },
    0,
  )
  await connections.warm(STREAMS)
  const before = process.cpuUsage()
  let left = requests
  const slot = async () => {
    while (left-- > 0) {
      const { error } = await connections.exchange(request)
      if (error) throw error
    }
  }
  await Promise.all(Array.from({ length: STREAMS }, slot))
  const { user, system } = process.cpuUsage(before)
  connections.close()
  return (user + system) / (requests * NULL_STREAM_EVENTS)
}

/** @returns milliseconds of CPU a connection */
async function connects(address: string, trust: Trust | null): Promise<number> {
  const before = process.cpuUsage()
  const connections = new ConnectionPool({
    url: new URL(address),
    protocol: OPENAI,
    timeouts: TIMEOUTS,
    trust,
  })
  await connections.warm(CONNECTS)
  const { user, system } = process.cpuUsage(before)
  connections.close()
  return (user + system) / 1000 / CONNECTS
}

async function serveFront(target: string): Promise<void> {
  const authority = makeAuthority()
  const { url } = await tlsFront(target, authority.sign('IP:127.0.0.1'))
  process.send!({ url, caFile: authority.caFile })
  process.on('disconnect', () => {
    authority[Symbol.dispose]()
    process.exit(0)
  })
}

if (process.argv[2] === '--front') await serveFront(process.argv[3])
else await main(Number(process.argv[2] ?? 5))
