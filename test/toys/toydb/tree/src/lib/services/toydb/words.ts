import type { WorkloadWords } from '../../jobs/contract.js'

export const words: WorkloadWords = {
  kind: 'toydb',
  title: 'Toy database',
  startTimeoutMs: 120_000,
  checkTimeoutMs: 120_000,
}
