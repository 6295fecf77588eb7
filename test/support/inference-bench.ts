import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  InferenceEvent,
  InferenceConfig,
  InferencePlan,
} from '../../src/lib/instrument/inference/plan.js'
import {
  InferenceResultSchema,
  type InferenceResult,
} from '../../src/lib/instrument/inference/result.js'
import { runInferenceBench } from '../../src/lib/instrument/inference/run.js'
import { ALONE, VLLM } from './measured.js'
import type { AibenchError } from '../../src/lib/platform/errors.js'
import * as v from 'valibot'

/** A short run: what a test is about is given over it. */
export const INFERENCE_PLAN: InferencePlan = {
  schema: 'aibench/inference-plan/1',
  endpoint: 'chat',
  dataset: { kind: 'random', inputTokens: 20, outputTokens: 8, vocabulary: 4_000 },
  load: { kind: 'concurrency', concurrency: 4 },
  numPrompts: 20,
  durationMs: null,
  warmup: { requests: 0, durationMs: null },
  repeats: 1,
  seed: 1,
  salt: null,
  temperature: 0,
  timeouts: { connectMs: 2_000, ttftMs: 4_000, idleMs: 4_000, totalMs: 10_000 },
  slo: [],
  goodput: null,
  pairedBaseline: false,
  findMaxRate: false,
  clients: 1,
  errorRateLimit: 1,
}

/** A row of requests.ndjson. */
export interface RequestRecord {
  repeat: number
  variant: 'main' | 'baseline'
  worker: number
  index: number
  dueMs?: number
  sentMs: number
  endMs: number
  ttftMs?: number
  ttfoMs?: number
  tpotMs?: number
  e2eMs?: number
  inputTokens?: number
  outputTokens: number
  events: number
  finish?: string
  error?: string
  message?: string
  validity?: string
}

export interface InferenceRun {
  /** As it stands in result.json; undefined when none was written. */
  result: InferenceResult
  error: AibenchError | undefined
  rows: RequestRecord[]
  events: InferenceEvent[]
  order: InferenceConfig
}

let runs = 0

export async function benchInference(
  url: string,
  plan: Partial<InferencePlan> = {},
  more: {
    order?: Partial<InferenceConfig>
    program?: string
    on?(event: InferenceEvent, stop: () => void): void
  } = {},
): Promise<InferenceRun> {
  const runDir = await mkdtemp(join(tmpdir(), 'aibench-inference-'))
  const order: InferenceConfig = {
    kind: 'inference',
    plan: { ...INFERENCE_PLAN, ...plan },
    ...ALONE,
    ...{ service: VLLM, url, model: null, gpuIds: null, runDir },
    ...{ runId: `run${process.pid}x${++runs}`, provenance: { simulated: true } },
    ...more.order,
  }
  const stop = new AbortController()
  const events: InferenceEvent[] = []
  const emit = (event: InferenceEvent) => {
    events.push(event)
    more.on?.(event, () => stop.abort())
  }
  const { program } = more
  try {
    const error = await runInferenceBench({
      config: order,
      emit,
      signal: stop.signal,
      program,
    }).then(
      () => undefined,
      (thrown: AibenchError) => thrown,
    )
    const text = await read(join(runDir, 'result.json'))
    if (text === '' && error) throw error
    const result = v.parse(InferenceResultSchema, JSON.parse(text))
    const rows = (await read(join(runDir, result.files.requests))).split('\n').filter(Boolean)
    return {
      result,
      error,
      rows: rows.map((row) => JSON.parse(row) as RequestRecord),
      events,
      order,
    }
  } finally {
    await rm(runDir, { recursive: true })
  }
}

const read = (path: string) => readFile(path, 'utf8').catch(() => '')
