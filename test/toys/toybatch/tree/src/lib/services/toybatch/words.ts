import type { WorkloadWords } from '../../jobs/contract.js'

export const words: WorkloadWords = {
  kind: 'toybatch',
  title: 'Toy',
  noun: 'job',
  startTimeoutMs: 120_000,
  checkTimeoutMs: 120_000,
}
