import type { Level, VectorResult } from '../../src/lib/instrument/vectors/result.js'

export function levelOf(concurrency: number, queriesPerSecond: number, p99Ms: number): Level {
  const spread = (value: number) => ({
    ...{ median: value, min: value * 0.98, max: value * 1.025, stdev: 1, n: 3 },
  })
  const latency: Level['latency'] = {
    ...{ n: 9_000, meanMs: 0.66, stdMs: 0.1, minMs: 0.4, p50Ms: 0.6, p90Ms: 0.8 },
    ...{ p99Ms, p999Ms: p99Ms * 2, maxMs: p99Ms * 3, p99Reliable: true },
  }
  return {
    ...{ mode: 'closed', concurrency, ratePerSecond: null, queriesPerSecond },
    ...{ meanMs: 0.66, p50Ms: 0.6, p90Ms: 0.8, p99Ms, p999Ms: p99Ms * 2, latency },
    ...{ fromSchedule: null, histogram: [1, 2, 1], recallAtK: 0.998 },
    ...{ issued: 9_000, ok: 9_000, errors: 0, errorsByClass: {} },
    repeats: { queriesPerSecond: spread(queriesPerSecond), p50Ms: spread(0.6), p99Ms: spread(1) },
    ...{ clientCores: 0.28, serverCores: 1.51, dispatchLagP99Ms: null },
    ...{ goodput: null, steady: null, peakInFlight: concurrency },
  }
}

/** A run of which all is well; what a test is about is given. */
export function vectorResult(change: Partial<VectorResult> = {}): VectorResult {
  const sequential = levelOf(1, 1_510, 1.46)
  return {
    ...{ schema: 'aibench/vector-result/2', kind: 'vectors', definitions: 1, runId: 'b7k2' },
    ...{ simulated: false, product: { name: 'Chroma', version: '1.5.9' }, path: null },
    ...{ startedAt: '2026-11-24T10:20:00.000Z', endedAt: '2026-11-24T10:24:20.000Z' },
    complete: true,
    workload: {
      ...{ dataset: 'clustered 10 000 × 384 (seed 1)', datasetHash: 'a', vectors: 10_000 },
      ...{ dim: 384, queries: 1_000, k: 10, space: 'cosine', batch: 500, seed: 1 },
      ...{ client: 'raw', clients: 1, profile: 'tuned' },
    },
    requests: { issued: 18_020, ok: 18_020, failed: 0, dropped: 0 },
    collection: { createMs: 12 },
    ingest: {
      ...{ vectorsPerSecond: 5_810, vectors: 10_000, batches: 20, bytesSent: 1, durationMs: 1 },
      ...{ batchLatency: sequential.latency, errors: 0, clientCores: 0.3, serverCores: 1 },
      repeats: { median: 5_810, min: 5_640, max: 5_900, stdev: 1, n: 3 },
    },
    sequential,
    concurrent: [sequential, levelOf(8, 3_690, 5.5)],
    search: null,
    thresholds: [
      {
        ...{ text: 'query_p99<20ms', label: 'query p99 < 20 ms', met: true, measured: 5.5 },
        ...{ unit: 'ms', reliable: true, samples: 9_000, where: 'concurrency 8' },
      },
    ],
    instrument: {
      ...{ verdict: 'ok', saturated: false, clientCores: 0.43, shareOfCeiling: 0.4 },
      findings: [
        'limited by the server from concurrency 4 on (1.5 cores)',
        'client ok (43 % of a core)',
      ],
      ...{ ceilingPerSecond: 9_000, eventLoopDelayP99Ms: 1, serverLimitedFromConcurrency: 4 },
      dispatchLag: { p50Ms: 0.1, p99Ms: 0.3, maxMs: 2 },
      advice: null,
      peakRssBytes: 1e8,
      ...{ workers: 1, connections: null, clockOffsetMs: null },
    },
    server: { url: 'http://127.0.0.1:8000', cores: 1.5, peakRssBytes: 1e8 },
    errors: [],
    warnings: [],
    provenance: { nodes: ['mel0112'], server: { kind: 'native' } },
    files: { runDir: '/home/u/runs/b7k2', requests: 'requests.ndjson', plan: 'plan.json' },
    ...change,
  }
}
