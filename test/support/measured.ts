import type { MeasuredService } from '../../src/lib/instrument/process/worker-config.js'

/** The services as benchmarks know them. */
export const CHROMA: MeasuredService = {
  kind: 'chroma',
  title: 'Chroma',
  protocol: 'chroma',
  tokenFlag: '--token-file',
  callPath: '/api/v2/heartbeat',
}
export const VLLM: MeasuredService = {
  kind: 'vllm',
  title: 'vLLM',
  protocol: 'openai',
  tokenFlag: '--api-key-file',
  callPath: '/v1/models',
}

/** What a worker's order says of a server that is known by its address alone. */
export const ALONE = {
  tokenFile: null,
  path: null,
  instance: null,
  serverPid: null,
  workers: [] as string[][],
}
