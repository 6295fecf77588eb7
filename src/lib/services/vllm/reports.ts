import type { InferenceSample } from '../../instrument/inference/plan.js'
import type { ForeignRequest } from '../../benchmarks/foreign.js'

/** What the service functions of vLLM alone take and give. */

/** What `aibench vllm bench` was told; what is missing comes from the plan (`--plan`) or the defaults. Texts are as typed. */
export interface InferenceBenchRequest {
  name?: string
  /** A server that aibench did not start: any OpenAI-compatible one. */
  foreign: ForeignRequest
  servedModelName?: string
  /** A plan's or result's file, a run's id, or `-` for stdin. */
  planFrom?: string
  /** Worker nodes besides the server's own; 0: workers run beside the server. */
  clientNodes?: number
  flags: InferenceBenchFlags
  /** Told everything the worker says, as it comes: for `--events`. */
  onEvent?(
    event: InferenceSample | { type: 'phase' | 'phase-done'; phase: string; text: string },
  ): void
}

export interface InferenceBenchFlags {
  /** `random`, `json`, …, `sharegpt:FILE`, `custom:FILE`, `trace:FILE`, `xgrammar:FILE`. */
  dataset?: string
  numPrompts?: number
  inputLen?: number
  outputLen?: number
  endpoint?: 'chat' | 'completions'
  /** `4`, `0.5`, `inf`. */
  rate?: string
  arrival?: 'poisson' | 'constant' | 'gamma'
  burstiness?: number
  concurrency?: number
  /** Of an open loop: no more in flight than so many; the others wait in the client. */
  maxConcurrency?: number
  /** `1:20:5m`: from, to, over. */
  ramp?: string
  traceSpeed?: number
  durationMs?: number
  /** `30s` or a number of requests. */
  warmup?: string
  seed?: number
  repeats?: number
  temperature?: number
  /** Text that begins every prompt; `none` for prompts as they are. */
  salt?: string
  slo?: readonly string[]
  goodput?: string
  findMaxRate?: boolean
  pairedBaseline?: boolean
  clients?: number
  ttftTimeoutMs?: number
  idleTimeoutMs?: number
  totalTimeoutMs?: number
  errorShareLimit?: number
  /** JSON, or `@FILE` with JSON. */
  extraBody?: string
}

/** The instrument against its own null server. */
export interface SelfTestReport {
  /** Events that come many at once. */
  eventsPerCpuSecond: number
  /** Events that come one at a time on many streams, each with a read of its own. */
  streamedEventsPerCpuSecond: number
  requestsPerCpuSecond: number
  dispatchLagMs: { p50: number; p99: number; max: number }
  node: string
  cpu: string | null
}

export interface ChatRequest {
  name?: string
  prompt: string
  maxTokens: number
  system?: string
  write(text: string): void
}

export interface ChatReport {
  model: string
  /** The answer was made up by our simulator. */
  simulated: boolean
  text: string
  finishReason: string | null
  promptTokens: number | null
  outputTokens: number | null
  ttftMs: number | null
  totalMs: number
  tokensPerSecond: number | null
}

export interface ModelsReport {
  url: string
  simulated: boolean
  version: string | null
  models: readonly { id: string; root: string | null; maxModelLen: number | null }[]
}
