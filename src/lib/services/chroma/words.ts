import type { WorkloadWords } from '../../jobs/contract.js'

const MINUTE = 60_000

export const CHROMA: WorkloadWords = {
  kind: 'chroma',
  title: 'Chroma',
  startTimeoutMs: 30 * MINUTE,
  checkTimeoutMs: 10 * MINUTE,
}
