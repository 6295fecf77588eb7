import type { Http } from '../../platform/http.js'

/** vLLM's own counters, summed over its engines; a figure is absent when this version has it not. */
export interface ServerMetrics {
  running?: number
  waiting?: number
  /** 0 to 1, of the fullest engine. */
  kvCacheShare?: number
  promptTokens?: number
  generationTokens?: number
  prefixQueries?: number
  prefixHits?: number
  preemptions?: number
  /** Requests that ended by themselves: stop, length, repetition. */
  completed?: number
  ttft?: SumCount
  e2e?: SumCount
  queue?: SumCount
  prefill?: SumCount
  decode?: SumCount
}

/** Of a histogram: exact means, where its buckets are coarse. */
export interface SumCount {
  sumS: number
  count: number
}

/** New names first, then those of older versions. Source: vllm/v1/metrics/loggers.py, 0.10 to 0.32. */
const GAUGES = {
  running: ['vllm:num_requests_running'],
  waiting: ['vllm:num_requests_waiting'],
  promptTokens: ['vllm:prompt_tokens_total'],
  generationTokens: ['vllm:generation_tokens_total'],
  prefixQueries: ['vllm:prefix_cache_queries_total', 'vllm:gpu_prefix_cache_queries_total'],
  prefixHits: ['vllm:prefix_cache_hits_total', 'vllm:gpu_prefix_cache_hits_total'],
  preemptions: ['vllm:num_preemptions_total'],
} as const
const KV_CACHE = ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc']
const HISTOGRAMS = {
  ttft: 'vllm:time_to_first_token_seconds',
  e2e: 'vllm:e2e_request_latency_seconds',
  queue: 'vllm:request_queue_time_seconds',
  prefill: 'vllm:request_prefill_time_seconds',
  decode: 'vllm:request_decode_time_seconds',
} as const

interface Series {
  labels: string
  value: number
}

/** @returns undefined when the text is not vLLM's */
export function parseServerMetrics(text: string): ServerMetrics | undefined {
  const series = new Map<string, Series[]>()
  for (const line of text.split('\n')) {
    const match = /^(vllm:[\w:]+)(?:\{([^}]*)\})?\s+(\S+)/.exec(line)
    if (!match || match[1].endsWith('_bucket')) continue
    const found = series.get(match[1]) ?? []
    found.push({ labels: match[2] ?? '', value: Number(match[3]) })
    series.set(match[1], found)
  }
  if (series.size === 0) return undefined
  const sum = (name: string, keep = (_: Series) => true) => {
    const total = series
      .get(name)
      ?.filter(keep)
      .reduce((all, { value }) => all + value, 0)
    return total !== undefined && total >= 0 && total <= Number.MAX_SAFE_INTEGER ? total : undefined
  }
  const metrics: ServerMetrics = {}
  for (const [figure, names] of Object.entries(GAUGES))
    metrics[figure as keyof typeof GAUGES] = names.map((name) => sum(name)).find(isKnown)
  for (const [figure, name] of Object.entries(HISTOGRAMS)) {
    const [sumS, count] = [sum(`${name}_sum`), sum(`${name}_count`)]
    if (isKnown(sumS) && isKnown(count))
      metrics[figure as keyof typeof HISTOGRAMS] = { sumS, count }
  }
  const kv = KV_CACHE.flatMap((name) => series.get(name) ?? []).map(({ value }) => value)
  const fullest = kv.reduce((most, share) => Math.max(most, share), 0)
  if (kv.length > 0 && fullest <= 1) metrics.kvCacheShare = fullest
  metrics.completed = sum('vllm:request_success_total', ({ labels }) =>
    /finished_reason="(stop|length|repetition)"/.test(labels),
  )
  return metrics
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined
}

/** @returns the metrics, or why there are none: many servers have no such page, a gate may hide it */
export async function readServerMetrics(
  http: Http,
  url: string,
  headers: Record<string, string>,
): Promise<ServerMetrics | string> {
  try {
    const answer = await http.call('GET', `${url}/metrics`, { headers, timeoutMs: 5_000 })
    if (answer.status !== 200) return `/metrics says ${answer.status}`
    return parseServerMetrics(answer.body) ?? '/metrics has no vLLM figures'
  } catch (error) {
    return `/metrics can't be read: ${(error as Error).message}`
  }
}
