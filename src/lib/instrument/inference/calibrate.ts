import { ConnectionPool } from '../http/connection-pool.js'
import { ceilingOf } from '../load/ceiling.js'
import type { Item } from './item.js'
import { NULL_STREAM_EVENTS, nullStream } from './null-stream.js'
import { completionRequest, OPENAI } from './openai.js'
import { ALL_FEATURES, RequestWriter } from './request-writer.js'

const TIMEOUTS = { connectMs: 5_000, firstMs: 10_000, idleMs: 10_000, totalMs: 20_000 }
const ITEM: Item = {
  prompt: { kind: 'text', text: 'nothing' },
  inputTokens: 1,
  maxTokens: NULL_STREAM_EVENTS,
  ignoreEos: true,
  constraint: null,
  atMs: null,
}

export interface Ceiling {
  /** Median, smallest and largest of some measurements in a row. */
  eventsPerCpuSecond: number
  eventsSpread: { min: number; max: number }
  requestsPerCpuSecond: number
  /** From an answer's end to the next send, milliseconds. */
  turnaroundMs: { p50: number; p99: number; max: number }
}

/**
 * What one core of this client could read. `streams` brings an event at a time, as tokens come, each with a read of its own; `stream` all of
 * an answer at once, which costs a tenth of it an event.
 */
export async function calibrate(
  program: string,
  kind: 'streams' | 'stream' = 'streams',
  sliceMs?: number,
): Promise<Ceiling> {
  const trust = null
  const { requestsPerCpuSecond, requestsSpread, turnaroundMs } = await ceilingOf(program, {
    answer: { pieces: nullStream(), isPaced: kind === 'streams' },
    connect: (url) => new ConnectionPool({ url, protocol: OPENAI, timeouts: TIMEOUTS, trust }),
    request: (url) => completionRequest(nullWriter(url), ITEM, 0),
    sliceMs,
  })
  return {
    eventsPerCpuSecond: requestsPerCpuSecond * NULL_STREAM_EVENTS,
    eventsSpread: {
      min: requestsSpread.min * NULL_STREAM_EVENTS,
      max: requestsSpread.max * NULL_STREAM_EVENTS,
    },
    requestsPerCpuSecond,
    turnaroundMs,
  }
}

function nullWriter(url: URL): RequestWriter {
  return new RequestWriter({
    url,
    headers: {},
    trust: null,
    endpoint: 'chat',
    model: 'null',
    temperature: 0,
    runId: 'null',
    features: ALL_FEATURES,
    constraintFields: () => ({}),
  })
}
