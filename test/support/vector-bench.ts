import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  VectorConfig,
  VectorEvent,
  VectorPlan,
} from '../../src/lib/instrument/vectors/plan.js'
import type { Protocols } from '../../src/lib/instrument/vectors/engine.js'
import { CHROMA } from '../../src/lib/instrument/vectors/protocols/chroma.js'
import { runVectorBench } from '../../src/lib/instrument/vectors/run.js'

/** As the catalog has them. */
export const PROTOCOLS: Protocols = { chroma: () => Promise.resolve(CHROMA) }

export const WORKER = fileURLToPath(new URL('../../src/lib/app/worker-main.ts', import.meta.url))

/** Small, and over in a moment. */
export const SMALL_PLAN: VectorPlan = {
  schema: 'aibench/vector-plan/1',
  dataset: { kind: 'clustered', vectors: 300, dim: 16, seed: 1 },
  space: null,
  k: 5,
  queries: 20,
  batch: 100,
  concurrency: [1, 4],
  ratePerSecond: null,
  durationMs: 200,
  repeats: 2,
  client: 'raw',
  seed: 1,
  slo: [],
  goodput: null,
  findMaxRate: false,
  clients: 1,
  errorRateLimit: 1,
  keepCollection: false,
}

export function vectorConfig(
  dir: string,
  url: string,
  plan: Partial<VectorPlan> = {},
  more: Partial<VectorConfig> = {},
): VectorConfig {
  return {
    kind: 'vectors',
    service: {
      ...{ kind: 'chroma', title: 'Chroma', protocol: 'chroma', tokenFlag: '--token-file' },
      callPath: '/api/v2/heartbeat',
    },
    plan: { ...SMALL_PLAN, ...plan },
    url,
    tokenFile: null,
    path: 'loopback',
    instance: null,
    serverPid: null,
    workers: [],
    runDir: dir,
    runId: 'r',
    provenance: {},
    cacheDir: join(dir, 'cache'),
    collection: 'c',
    ...more,
  }
}

/** In this process, as its worker does it. */
export async function benchVectors(
  config: VectorConfig,
  {
    signal = new AbortController().signal,
    program = undefined as string | undefined,
    protocols = PROTOCOLS,
    onEvent = (_event: VectorEvent): void => undefined,
  } = {},
) {
  const events: VectorEvent[] = []
  const emit = (event: VectorEvent) => {
    events.push(event)
    onEvent(event)
  }
  const result = await runVectorBench({ config, emit, signal, program }, protocols)
  return { result, events }
}
