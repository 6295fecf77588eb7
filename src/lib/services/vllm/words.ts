import type { WorkloadWords } from '../../jobs/contract.js'

const MINUTE = 60_000

/** Weights of hundreds of GiB are loaded in that time, after a queue. */
export const VLLM: WorkloadWords = {
  kind: 'vllm',
  title: 'vLLM',
  startTimeoutMs: 60 * MINUTE,
  checkTimeoutMs: 60 * MINUTE,
}
