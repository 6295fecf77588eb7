import type { WorkloadWords } from '../../jobs/contract.js'

export const words: WorkloadWords = {
  kind: 'toystack',
  title: 'Toy',
  noun: 'stack',
  startTimeoutMs: 120_000,
  checkTimeoutMs: 120_000,
}
