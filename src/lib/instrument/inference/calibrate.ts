import { ConnectionPool } from '../http/connection-pool.js'
import { startNullServer } from '../http/null-server.js'
import { percentile } from '../measure/statistics.js'
import type { Item } from './item.js'
import { NULL_STREAM_EVENTS, nullStream } from './null-stream.js'
import { completionRequest, OPENAI, type CompletionRequest } from './openai.js'
import { ALL_FEATURES, RequestWriter } from './request-writer.js'
import type { ResponseStream } from './response-stream.js'

const WARM_UP_MS = 300
const STREAMS = 32
/** So often, for its spread. */
const SLICES = 3
const SLICE_MS = 250
const TIMEOUTS = { connectMs: 5_000, firstMs: 10_000, idleMs: 10_000, totalMs: 20_000 }

export interface Ceiling {
  /** Median, smallest and largest of some measurements in a row. */
  eventsPerCpuSecond: number
  eventsSpread: { min: number; max: number }
  requestsPerCpuSecond: number
  /** From an answer's end to the next send, milliseconds. */
  turnaroundMs: { p50: number; p99: number; max: number }
}

/**
 * What one core of this client could do: the same requests against a server that does nothing. `streams` brings an event at a time, as
 * tokens come, each with a read of its own; `stream` all of an answer at once, which costs a tenth of it an event. By CPU time and not by
 * the clock, since that server may well be the slower of the two.
 */
export async function calibrate(
  program: string,
  kind: 'streams' | 'stream' = 'streams',
  sliceMs = SLICE_MS,
): Promise<Ceiling> {
  const isPaced = kind === 'streams'
  using server = await startNullServer(program, { pieces: nullStream(), isPaced })
  const url = new URL(server.url)
  const connections = new ConnectionPool({ url, protocol: OPENAI, timeouts: TIMEOUTS, trust: null })
  const writer = new RequestWriter({
    ...{ url, headers: {}, trust: null, endpoint: 'chat', model: 'null', temperature: 0 },
    runId: 'null',
    dialect: ALL_FEATURES,
    constraintFields: () => ({}),
  })
  const item: Item = {
    prompt: { kind: 'text', text: 'nothing' },
    inputTokens: 1,
    maxTokens: NULL_STREAM_EVENTS,
    ignoreEos: true,
    constraint: null,
    atMs: null,
  }
  const request = completionRequest(writer, item, 0)
  await connections.warm(STREAMS)
  await rounds(connections, request, WARM_UP_MS)
  const slices: { events: number; requests: number }[] = []
  const turnarounds: number[] = []
  for (let slice = 0; slice < SLICES; slice++) {
    const before = process.cpuUsage()
    const own = await rounds(connections, request, sliceMs)
    const { user, system } = process.cpuUsage(before)
    const cpuSeconds = (user + system) / 1e6
    turnarounds.push(...own)
    slices.push({
      events: (own.length * NULL_STREAM_EVENTS) / cpuSeconds,
      requests: own.length / cpuSeconds,
    })
  }
  connections.close()
  const ascending = Float64Array.from(turnarounds).sort()
  const events = Float64Array.from(slices, (one) => one.events).sort()
  const requests = Float64Array.from(slices, (one) => one.requests).sort()
  return {
    eventsPerCpuSecond: percentile(events, 0.5)!,
    eventsSpread: { min: events[0], max: events.at(-1)! },
    requestsPerCpuSecond: percentile(requests, 0.5)!,
    turnaroundMs: {
      p50: percentile(ascending, 0.5) ?? 0,
      p99: percentile(ascending, 0.99) ?? 0,
      max: ascending.at(-1) ?? 0,
    },
  }
}

/** @returns of each request, from the end of the one before in its slot to its send */
function rounds(
  connections: ConnectionPool<CompletionRequest, ResponseStream>,
  request: CompletionRequest,
  durationMs: number,
): Promise<readonly number[]> {
  const endMs = performance.now() + durationMs
  const turnarounds: number[] = []
  let running = STREAMS
  return new Promise((resolve, reject) => {
    const slot = (readyMs: number) => {
      if (performance.now() >= endMs) {
        if (--running === 0) resolve(turnarounds)
        return
      }
      connections.send(request, (exchange) => {
        if (exchange.error) return reject(exchange.error)
        turnarounds.push(exchange.sentMs - readyMs)
        const endedMs = exchange.endMs
        setImmediate(() => slot(endedMs))
      })
    }
    for (let i = 0; i < STREAMS; i++) slot(performance.now())
  })
}
