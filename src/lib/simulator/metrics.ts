import type { Finish } from './events.js'
import { formatFloat, Histogram } from './histogram.js'

/** Seconds; the bounds are vLLM's. */
const FIRST_TOKEN = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
  160, 640, 2560,
]
const PER_TOKEN = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
]
const LATENCY = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
]
const REASONS = ['stop', 'length', 'abort', 'error', 'repetition']

/** What vLLM up to 0.9 called them. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  kv_cache_usage_perc: 'gpu_cache_usage_perc',
  prefix_cache_queries_total: 'gpu_prefix_cache_queries_total',
  prefix_cache_hits_total: 'gpu_prefix_cache_hits_total',
  inter_token_latency_seconds: 'time_per_output_token_seconds',
}

/** Points in the life of a request that ended by itself. */
export interface Life {
  receivedMs: number
  startedMs: number
  /** Null when there was no token. */
  firstTokenMs: number | null
  lastTokenMs: number | null
  tokens: number
  finish: Finish
}

interface Sample {
  suffix?: string
  labels?: Record<string, string>
  value: number
}

/** Counts what vLLM counts, and says it as vLLM does: `GET /metrics`. A request whose client went away is in no count of ended ones. */
export class Metrics {
  promptTokens = 0
  generationTokens = 0
  prefixQueries = 0
  prefixHits = 0
  readonly #ended = new Map(REASONS.map((reason) => [reason, 0]))
  readonly #histograms = {
    time_to_first_token_seconds: new Histogram(FIRST_TOKEN),
    inter_token_latency_seconds: new Histogram(PER_TOKEN),
    request_time_per_output_token_seconds: new Histogram(PER_TOKEN),
    e2e_request_latency_seconds: new Histogram(LATENCY),
    request_queue_time_seconds: new Histogram(LATENCY),
    request_inference_time_seconds: new Histogram(LATENCY),
    request_prefill_time_seconds: new Histogram(LATENCY),
    request_decode_time_seconds: new Histogram(LATENCY),
  }

  firstTokenAfter(ms: number): void {
    this.#histograms.time_to_first_token_seconds.observe(ms / 1000)
  }

  /** Of events, as vLLM does: not of tokens. */
  nextTokenAfter(ms: number): void {
    this.#histograms.inter_token_latency_seconds.observe(ms / 1000)
  }

  end({ receivedMs, startedMs, firstTokenMs, lastTokenMs, tokens, finish }: Life): void {
    this.#ended.set(finish, this.#ended.get(finish)! + 1)
    if (firstTokenMs === null || lastTokenMs === null) return
    const of = this.#histograms
    const decodeS = (lastTokenMs - firstTokenMs) / 1000
    of.e2e_request_latency_seconds.observe((lastTokenMs - receivedMs) / 1000)
    of.request_queue_time_seconds.observe((startedMs - receivedMs) / 1000)
    of.request_inference_time_seconds.observe((lastTokenMs - startedMs) / 1000)
    of.request_prefill_time_seconds.observe((firstTokenMs - startedMs) / 1000)
    of.request_decode_time_seconds.observe(decodeS)
    of.request_time_per_output_token_seconds.observe(tokens > 1 ? decodeS / (tokens - 1) : 0)
  }

  /** The Prometheus text format. */
  text(
    now: { running: number; waiting: number; kvCacheShare: number },
    { model, version }: { model: string; version: string },
  ): string {
    const [major, minor] = version.split('.').map(Number)
    const isOld = major === 0 && minor <= 9
    const family = (name: string, type: string, samples: readonly Sample[]) => {
      const full = `vllm:${(isOld && OLD_NAMES[name]) || name}`
      const lines = samples.map(({ suffix = '', labels = {}, value }) => {
        const all = { engine: '0', ...labels, model_name: model }
        const list = Object.entries(all).map(([key, text]) => `${key}=${JSON.stringify(text)}`)
        return `${full}${suffix}{${list.join(',')}} ${formatFloat(value)}`
      })
      return [`# HELP ${full} Simulated.`, `# TYPE ${full} ${type}`, ...lines].join('\n')
    }
    const single = (name: string, type: string, value: number) => family(name, type, [{ value }])
    const ended = [...this.#ended].map(([finished_reason, value]) => ({
      labels: { finished_reason },
      value,
    }))
    return [
      single('num_requests_running', 'gauge', now.running),
      single('num_requests_waiting', 'gauge', now.waiting),
      single('kv_cache_usage_perc', 'gauge', now.kvCacheShare),
      single('prefix_cache_queries_total', 'counter', this.prefixQueries),
      single('prefix_cache_hits_total', 'counter', this.prefixHits),
      single('num_preemptions_total', 'counter', 0),
      single('prompt_tokens_total', 'counter', this.promptTokens),
      single('generation_tokens_total', 'counter', this.generationTokens),
      family('request_success_total', 'counter', ended),
      ...Object.entries(this.#histograms).map(([name, histogram]) =>
        family(name, 'histogram', histogram.samples()),
      ),
      '',
    ].join('\n')
  }
}
