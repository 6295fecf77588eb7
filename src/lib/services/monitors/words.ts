import type { WorkloadWords } from '../../jobs/contract.js'

const MINUTE = 60_000

export const MONITORS: WorkloadWords = {
  kind: 'monitors',
  title: 'Monitoring',
  noun: 'stack',
  startTimeoutMs: 30 * MINUTE,
  checkTimeoutMs: 10 * MINUTE,
}
