import { UsageError } from '../../platform/errors.js'
import { UsageMeter, type Usage } from '../measure/meters.js'
import { latencyOf, mean, spreadOf } from '../measure/statistics.js'
import type { RequestRecord } from './records.js'
import type { Dataset } from './dataset.js'
import { type VectorEngine } from './engine.js'
import { failureOf } from './refusal.js'
import type { VectorResult } from './result.js'

/** One ingest of the whole dataset into an empty collection. */
export interface Ingest {
  durationMs: number
  vectors: number
  bytes: number
  latenciesMs: Float64Array
  usage: Usage
  records: RequestRecord[]
  /** The failure that ended it, when one did. */
  failure?: { errorClass: string; message: string; bytes: number }
}

/** Base64 of a float32, quotes and an id: what a vector takes on the wire, at most. */
const BYTES_PER_COMPONENT = 5.34
const BYTES_PER_VECTOR = 32

/** What was asked for, lowered to what the server takes in one call. */
export function batchSize(
  wanted: number,
  dim: number,
  limits: { maxBatch: number; maxBytes: number },
): number {
  const bytes = dim * BYTES_PER_COMPONENT + BYTES_PER_VECTOR
  const fitting = Math.floor(limits.maxBytes / bytes)
  if (fitting < 1)
    throw new UsageError(
      `A vector of ${dim} dimensions is larger than what the server takes at once`,
    )
  return Math.max(1, Math.min(wanted, limits.maxBatch, fitting))
}

/** One call after the other, as the server writes; the next batch is made while it works on the last. A failed call ends the ingest. */
export async function ingest(
  engine: VectorEngine,
  dataset: Dataset,
  batch: number,
  context: {
    repeat: number
    originMs: number
    serverPid: number | null
    signal: AbortSignal
    /** So many vectors are in. */
    onAdded?(vectors: number): void
  },
): Promise<Ingest> {
  const { base, count, dim } = dataset
  const make = (first: number) =>
    first < count
      ? engine.prepareBatch(
          first,
          base.subarray(first * dim, Math.min(first + batch, count) * dim),
          dim,
        )
      : undefined
  const records: RequestRecord[] = []
  const meter = new UsageMeter(context.serverPid)
  let prepared = make(0)
  let [vectors, bytes, failure] = [0, 0, undefined as Ingest['failure']]
  const startMs = performance.now()
  for (let first = 0; prepared && !failure && !context.signal.aborted; first += batch) {
    const sentMs = performance.now()
    const { bytes: bodyBytes } = prepared
    const sending = prepared.send().then(
      () => undefined,
      (error: unknown) => ({ ...failureOf(error), bytes: bodyBytes }),
    )
    const next = make(first + batch)
    failure = await sending
    const latencyMs = performance.now() - sentMs
    const at = sentMs - context.originMs
    records.push({
      phase: 'ingest',
      level: 1,
      repeat: context.repeat,
      item: first / batch,
      dueMs: at,
      sentMs: at,
      latencyMs,
      ...(failure ? { error: failure.errorClass } : {}),
    })
    if (!failure) {
      vectors += Math.min(batch, count - first)
      bytes += prepared.bytes
      context.onAdded?.(vectors)
    }
    prepared = next
  }
  const good = records.filter(({ error }) => error === undefined)
  return {
    durationMs: performance.now() - startMs,
    vectors,
    bytes,
    latenciesMs: Float64Array.from(good, ({ latencyMs }) => latencyMs),
    usage: meter.read(),
    records,
    failure,
  }
}

/** The rate is over all repeats; the figures of size are of one. */
export function summarizeIngest(repeats: readonly Ingest[]): VectorResult['ingest'] {
  const rateOf = ({ vectors, durationMs }: Ingest) => (vectors / durationMs) * 1000
  const sum = (figure: (one: Ingest) => number) =>
    repeats.reduce((all, one) => all + figure(one), 0)
  const [last] = repeats.slice(-1)
  return {
    vectorsPerSecond: (sum(({ vectors }) => vectors) / sum(({ durationMs }) => durationMs)) * 1000,
    vectors: last.vectors,
    batches: last.records.length,
    bytesSent: last.bytes,
    durationMs: last.durationMs,
    batchLatency: latencyOf(
      Float64Array.from(repeats.flatMap(({ latenciesMs }) => [...latenciesMs])),
    ),
    errors: sum(({ failure }) => (failure ? 1 : 0)),
    clientCores: mean(repeats.map(({ usage }) => usage.clientCores)) ?? 0,
    serverCores: mean(
      repeats.map(({ usage }) => usage.serverCores).filter((cores) => cores !== null),
    ),
    repeats: spreadOf(repeats.map(rateOf)),
  }
}
