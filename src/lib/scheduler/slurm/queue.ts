import type { JobStatus } from '../contract.js'
import { expandNodeList } from './nodes.js'
import { explainReason } from './reasons.js'
import { meaningOfState } from './states.js'

const US = '\x1f'

/** Fields apart by 0x1F, free text last: %i id, %t state, %r reason, %N nodes, %P partition, %q QoS, times, %k comment, %j name. */
const FIELDS = ['%i', '%t', '%r', '%N', '%P', '%q', '%V', '%S', '%e', '%k', '%j'] as const
export const QUEUE_FORMAT = FIELDS.join(US)

/**
 * Reads `squeue -h -t all -o` rows made with {@link QUEUE_FORMAT}. Rows without a token of ours are left out; a broken row too:
 * it can't be told whose it is. Source: squeue(1), Slurm 22.05 to 26.05.
 */
export function parseQueue(stdout: string): JobStatus[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(parseQueueRow)
    .filter((job) => job !== undefined)
}

export function parseQueueRow(row: string): JobStatus | undefined {
  const fields = row.split(US)
  if (fields.length < FIELDS.length) return undefined
  const [id, code, rawReason, nodes, partition, qos, submitted, start, end, comment] = fields
  const name = fields.slice(FIELDS.length - 1).join(US)
  if (!comment.startsWith('aibench:')) return undefined
  const { state, outcome } = meaningOfState(code, rawReason)
  const isWaiting = state === 'pending' || state === 'held'
  const reason = state === 'running' ? undefined : explainReason(rawReason)
  return {
    id,
    token: comment,
    name,
    state,
    rawState: code,
    reason,
    nodes: expandNodeList(nodes),
    partition,
    qos: qos === '(null)' || qos === 'normal' ? undefined : qos,
    submittedAt: parseTime(submitted),
    startedAt: isWaiting ? undefined : parseTime(start),
    expectedStart: isWaiting ? parseTime(start) : undefined,
    endsAt: isWaiting ? undefined : parseTime(end),
    outcome: outcome && { kind: outcome, exitCode: null, signal: null },
  }
}

/** Slurm's times are local to the machine; `N/A`, `Unknown` and `NONE` are no times. */
function parseTime(text: string): Date | undefined {
  const time = new Date(text)
  return /^\d{4}-/.test(text) && !Number.isNaN(time.getTime()) ? time : undefined
}
