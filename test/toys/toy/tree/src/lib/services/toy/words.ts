import type { WorkloadWords } from '../../jobs/contract.js'

export const words: WorkloadWords = {
  kind: 'toy',
  title: 'Toy',
  startTimeoutMs: 120_000,
  checkTimeoutMs: 120_000,
}
