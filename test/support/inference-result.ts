import type { Distribution, InferenceResult } from '../../src/lib/bench/inference/result.js'

/** As many figures as a distribution has, spread around `p50`. */
export function distributionWith(p50: number, change: Partial<Distribution> = {}): Distribution {
  return {
    n: 998,
    mean: p50 * 1.1,
    std: p50 * 0.4,
    min: p50 * 0.5,
    p50,
    p90: p50 * 1.6,
    p99: p50 * 4,
    p999: p50 * 7,
    max: p50 * 8,
    p99Reliable: true,
    ci95: null,
    histogram: [1, 6, 40, 200, 300, 220, 120, 60, 30, 10, 5, 3, 1, 1, 0, 1],
    ...change,
  }
}

/** A run of which all is well; what a test is about is given. */
export function inferenceResult(change: Partial<InferenceResult> = {}): InferenceResult {
  const throughput: InferenceResult['throughput'] = {
    durationMs: 251_900,
    requestsPerSecond: 3.97,
    inputTokensPerSecond: 4062,
    outputTokensPerSecond: 508,
    totalTokensPerSecond: 4570,
    tokensFrom: 'usage',
    inputTokens: 1_021_952,
    outputTokens: 127_744,
    peakConcurrency: 22,
    meanConcurrency: 6.31,
  }
  const metrics: InferenceResult['metrics'] = {
    ttftMs: distributionWith(88.1),
    ttfoMs: distributionWith(88.1),
    tpotMs: distributionWith(11.6),
    itlMs: distributionWith(11.2, { n: 126_746 }),
    chunkGapMs: distributionWith(11.2, { n: 126_746 }),
    e2eMs: distributionWith(1570),
    fromSchedule: { ttftMs: distributionWith(88.3), e2eMs: distributionWith(1571) },
  }
  const same = (value: number) => ({ client: value, server: value, difference: 0 })
  return {
    schema: 'aibench/inference-result/1',
    definitions: 1,
    runId: 'c19d',
    startedAt: '2026-11-24T10:20:00.000Z',
    endedAt: '2026-11-24T10:24:20.000Z',
    complete: true,
    simulated: false,
    workload: {
      model: 'Llama-3.1-8B-Instruct',
      endpoint: 'completions',
      dataset: 'random 1 024 → 128',
      datasetHash: 'a'.repeat(64),
      scheduleHash: 'b'.repeat(64),
      numPrompts: 1000,
      load: 'Poisson 4/s',
      loadKind: 'rate',
      seed: 1,
      salt: 'c19d',
      repeats: 1,
      clients: 1,
    },
    requests: { issued: 1000, ok: 998, failed: 2, dropped: 0 },
    firstError: { class: 'stream_error', message: 'EngineCore encountered an issue', atMs: 9 },
    errors: [
      { class: 'stream_error', count: 1, example: 'EngineCore encountered an issue' },
      { class: 'ttft_timeout', count: 1, example: 'no token in 60 s' },
    ],
    metrics,
    throughput,
    goodput: {
      text: 'ttft<500ms,tpot<40ms',
      good: 910,
      perSecond: 3.61,
      shareOfIssued: 0.91,
    },
    steady: {
      fromMs: 6000,
      toMs: 244_000,
      metrics,
      throughput: { ...throughput, outputTokensPerSecond: 512 },
    },
    repeats: {
      outputTokensPerSecond: { median: 508, min: 508, max: 508, stdev: null, n: 1 },
      ttftP50Ms: { median: 88.1, min: 88.1, max: 88.1, stdev: null, n: 1 },
      ttftP99Ms: { median: 352, min: 352, max: 352, stdev: null, n: 1 },
      tpotMeanMs: { median: 12.8, min: 12.8, max: 12.8, stdev: null, n: 1 },
    },
    structured: null,
    thresholds: [
      {
        text: 'ttft_p99<500ms',
        label: 'TTFT p99 < 500 ms',
        met: true,
        measured: 352.4,
        unit: 'ms',
        ...{ reliable: true, samples: 998, where: null },
      },
      {
        text: 'tpot_mean<10ms',
        label: 'TPOT mean < 10 ms',
        met: false,
        measured: 12.76,
        unit: 'ms',
        ...{ reliable: true, samples: null, where: null },
      },
    ],
    search: null,
    instrument: {
      verdict: 'ok',
      saturated: false,
      findings: ['ok: sent at most 0.41 ms late (p99), 3 % of its ceiling, 7 % of a core'],
      advice: null,
      dispatchLag: { p50Ms: 0.08, p99Ms: 0.41, maxMs: 2.2 },
      eventLoopDelayP99Ms: 1.3,
      clientCores: 0.07,
      shareOfCeiling: 0.031,
      ceilingEventsPerSecond: 51_000,
      ceilingSpread: { min: 49_000, max: 54_000 },
      eventsPerSecond: 508,
      workers: 1,
      connections: { opened: 22, reused: 978, connectP50Ms: 0.21 },
      peakRssBytes: 98_000_000,
      clockOffsetMs: null,
    },
    server: {
      url: 'http://127.0.0.1:41233',
      version: '0.32.0',
      cores: null,
      peakRssBytes: null,
      processes: null,
      check: {
        unavailable: null,
        verdict: 'reconciled',
        findings: [],
        requests: same(998),
        outputTokens: same(127_744),
        inputTokens: same(1_021_952),
        ttftMs: { client: 96.9, server: 84, difference: 12.9 },
        e2eMs: { client: 1727, server: 1710, difference: 17 },
        queueMs: 6.1,
        prefillMs: 77.9,
        decodeMs: 1480,
        preemptions: 0,
        prefixCacheHitShare: 0.001,
        looks: 120,
        peakRunning: 22,
        peakWaiting: 0,
        peakKvCacheShare: 0.12,
      },
    },
    warnings: [],
    provenance: {},
    files: {
      runDir: '/home/users/u100/.local/state/aibench/runs/20261124T1015-vllm-k3f9/bench/c19d',
      requests: 'requests.ndjson',
      series: 'series.ndjson',
      plan: 'plan.json',
    },
    ...change,
  }
}

/** Of a run whose answers had to be JSON, with the same prompts again without that. */
export function structuredResult(): NonNullable<InferenceResult['structured']> {
  const validity = { failed: 1, examples: [] }
  return {
    kind: 'json',
    field: 'structured_outputs',
    probe: { honoured: true, detail: 'answered "zyx"' },
    constrained: {
      ...validity,
      answers: 655,
      valid: 640,
      invalid: 12,
      truncated: 3,
      unjudged: 0,
      validShare: 640 / 652,
      examples: [{ index: 41, why: '/age must be integer', text: '{"age":"4"}' }],
    },
    unconstrained: {
      ...validity,
      answers: 660,
      valid: 2,
      invalid: 658,
      truncated: 0,
      unjudged: 0,
      validShare: 2 / 660,
    },
    lengthsDiffer: null,
    overhead: {
      ttftMs: { constrained: 98.7, unconstrained: 88.1, ratio: 1.12 },
      tpotMs: { constrained: 12.1, unconstrained: 11.6, ratio: 1.043 },
      outputTokensPerSecond: { constrained: 488, unconstrained: 508, ratio: 0.961 },
    },
    firstUse: { distinct: 52, firstMs: 141, laterMs: 96 },
  }
}
