import type { Distribution, InferenceResult } from '../../../instrument/inference/result.js'

/**
 * The figures under the keys of `vllm bench serve --save-result`, by its definitions where they are others than ours: its ITL is the gap
 * between events, its std the population's. What it writes and we don't know is null. Source: vllm/benchmarks/serve.py, 0.10.2 to 0.32.
 */
export function toVllmJson(result: InferenceResult): Record<string, unknown> {
  const { workload, throughput, requests, metrics, goodput } = result
  const backend = workload.endpoint === 'chat' ? 'openai-chat' : 'openai'
  return {
    date: compactTime(result.startedAt),
    endpoint_type: backend,
    backend,
    label: null,
    model_id: workload.model,
    tokenizer_id: null,
    num_prompts: workload.numPrompts,
    request_rate: workload.loadKind === 'rate' ? firstNumber(workload.load) : 'inf',
    burstiness: burstinessOf(workload.load),
    max_concurrency: workload.loadKind === 'concurrency' ? firstNumber(workload.load) : null,
    duration: throughput.durationMs / 1000,
    completed: requests.ok,
    failed: requests.failed,
    total_input_tokens: throughput.inputTokens,
    total_output_tokens: throughput.outputTokens,
    request_throughput: throughput.requestsPerSecond,
    request_goodput: goodput?.perSecond ?? null,
    output_throughput: throughput.outputTokensPerSecond,
    total_token_throughput: throughput.totalTokensPerSecond,
    max_concurrent_requests: throughput.peakConcurrency,
    ...vllmFigures('ttft', metrics.ttftMs),
    ...vllmFigures('tpot', metrics.tpotMs),
    ...vllmFigures('itl', metrics.chunkGapMs),
    ...vllmFigures('e2el', metrics.e2eMs),
    // Of our own: what nobody may overlook later.
    aibench_run: result.runId,
    simulated: result.simulated,
  }
}

function vllmFigures(name: string, times: Distribution): Record<string, number | null> {
  return {
    [`mean_${name}_ms`]: times.mean,
    [`median_${name}_ms`]: times.p50,
    [`std_${name}_ms`]: populationStd(times),
    [`p50_${name}_ms`]: times.p50,
    [`p90_${name}_ms`]: times.p90,
    [`p99_${name}_ms`]: times.p99,
    [`p99.9_${name}_ms`]: times.p999,
  }
}

function populationStd({ std, n }: Distribution): number | null {
  return std === null ? null : std * Math.sqrt((n - 1) / n)
}

/** `2026-11-24T10:20:00.000Z` → `20261124-102000`. */
function compactTime(iso: string): string {
  return iso.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}

/** 1 is Poisson; of even arrivals it would be endless, which JSON can't say. */
function burstinessOf(load: string): number | null {
  const [, number] = /burstiness ([\d.]+)/.exec(load) ?? []
  return number !== undefined ? Number(number) : load.startsWith('Poisson') ? 1 : null
}

/** Of `Poisson 4/s` and `32 in flight`. */
function firstNumber(text: string): number | null {
  const [digits] = /\d[\d\s]*(\.\d+)?/.exec(text) ?? []
  return digits === undefined ? null : Number(digits.replaceAll(/\s/g, ''))
}

/** Two lines: names and figures, so that the second lines of many runs make a table. */
export function toCsv(result: InferenceResult): string {
  const fields = Object.entries(csvFields(result))
  const line = (cells: readonly unknown[]) => cells.map(csvCell).join(',') + '\n'
  return line(fields.map(([name]) => name)) + line(fields.map(([, value]) => value))
}

function csvFields(result: InferenceResult): Record<string, unknown> {
  const { workload, requests, throughput, metrics, goodput, structured, instrument } = result
  const { fromSchedule } = metrics
  return {
    run: result.runId,
    started_at: result.startedAt,
    simulated: result.simulated,
    complete: result.complete,
    verdict: instrument.verdict,
    model: workload.model,
    server_version: result.product.version,
    endpoint: workload.endpoint,
    dataset: workload.dataset,
    load: workload.load,
    num_prompts: workload.numPrompts,
    repeats: workload.repeats,
    seed: workload.seed,
    requests_issued: requests.issued,
    requests_ok: requests.ok,
    requests_failed: requests.failed,
    requests_per_second: throughput.requestsPerSecond,
    output_tokens_per_second: throughput.outputTokensPerSecond,
    total_tokens_per_second: throughput.totalTokensPerSecond,
    duration_s: throughput.durationMs / 1000,
    goodput_per_second: goodput?.perSecond ?? null,
    goodput_share: goodput?.shareOfIssued ?? null,
    ...csvFigures('ttft', metrics.ttftMs),
    ...csvFigures('ttfo', metrics.ttfoMs),
    ...csvFigures('tpot', metrics.tpotMs),
    ...csvFigures('itl', metrics.itlMs),
    ...csvFigures('chunk_gap', metrics.chunkGapMs),
    ...csvFigures('e2e', metrics.e2eMs),
    ...csvFigures('ttft_when_due', fromSchedule?.ttftMs),
    ...csvFigures('e2e_when_due', fromSchedule?.e2eMs),
    structured_valid: structured?.constrained.valid ?? null,
    structured_invalid: structured?.constrained.invalid ?? null,
    structured_truncated: structured?.constrained.truncated ?? null,
    dispatch_lag_p99_ms: instrument.dispatchLag.p99Ms,
  }
}

function csvFigures(name: string, times: Distribution | undefined): Record<string, number | null> {
  return {
    [`${name}_mean_ms`]: times?.mean ?? null,
    [`${name}_p50_ms`]: times?.p50 ?? null,
    [`${name}_p90_ms`]: times?.p90 ?? null,
    [`${name}_p99_ms`]: times?.p99 ?? null,
    [`${name}_p999_ms`]: times?.p999 ?? null,
  }
}

/** By RFC 4180; what is not known is an empty cell. */
function csvCell(value: unknown): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
