import type { WorkloadWords } from '../../jobs/contract.js'

const MINUTE = 60_000

export const LUSTRE: WorkloadWords = {
  kind: 'lustre',
  title: 'Lustre',
  noun: 'job',
  // The queue, and a whole run of two hours.
  startTimeoutMs: 6 * 60 * MINUTE,
  checkTimeoutMs: 3 * 60 * MINUTE,
}
