import type { JobIdentity, JobStatus } from '../contract.js'
import { expandNodeList } from './nodes.js'
import { explainReason } from './reasons.js'
import { meaningOfState } from './states.js'

const US = '\x1f'

/** Fields apart by 0x1F, free text last: %i id, %t state, %r reason, %N nodes, %P partition, %q QoS, times, %u user, %k comment, %Z folder, %j name. */
const FIELDS = [
  ...(['%i', '%t', '%r', '%N', '%P', '%q', '%V', '%S', '%e', '%u', '%k', '%Z', '%j'] as const),
]
export const QUEUE_FORMAT = FIELDS.join(US)

/** A job as Slurm shows it, with what tells whose it is. */
export interface QueuedJob extends JobStatus {
  user: string
  workDir: string
  comment: string
}

/**
 * Reads `squeue -t all -o` rows made with {@link QUEUE_FORMAT}; a broken row is left out: it can't be told whose it is.
 * With several clusters asked, a line `CLUSTER: name` stands before the rows of each. Source: squeue(1), Slurm 22.05 to 26.05.
 */
export function parseQueue(stdout: string): QueuedJob[] {
  const jobs: QueuedJob[] = []
  let cluster: string | undefined
  for (const row of stdout.split('\n').filter(Boolean)) {
    const title = /^CLUSTER: (\S+)\s*$/.exec(row)
    if (title) cluster = title[1]
    const job = parseQueueRow(row)
    if (job) jobs.push(cluster === undefined ? job : { ...job, cluster })
  }
  return jobs
}

export function parseQueueRow(row: string): QueuedJob | undefined {
  const fields = row.split(US)
  if (fields.length < FIELDS.length) return undefined
  const [id, code, reason, nodes, partition, qos, submitted, start, end, user, comment, workDir] =
    fields
  const name = fields.slice(FIELDS.length - 1).join(US)
  const what = { id, code, reason, nodes, partition, qos, submitted, start, end }
  return statusOf({ ...what, user, comment, workDir, name })
}

export function statusOf(fields: {
  id: string
  code: string
  reason: string
  nodes: string
  partition: string
  qos: string
  submitted: string
  start: string
  end: string
  user: string
  workDir: string
  comment: string
  name: string
}): QueuedJob {
  const { id, code, qos, submitted, start, end, user, workDir, comment, name } = fields
  const { state, outcome } = meaningOfState(code, fields.reason)
  const isWaiting = state === 'pending' || state === 'held'
  return {
    id,
    token: comment,
    name,
    state,
    rawState: code,
    reason: state === 'running' ? undefined : explainReason(fields.reason),
    nodes: expandNodeList(fields.nodes),
    partition: fields.partition,
    qos: qos === '(null)' || qos === 'normal' ? undefined : qos,
    submittedAt: parseTime(submitted),
    startedAt: isWaiting ? undefined : parseTime(start),
    expectedStart: isWaiting ? parseTime(start) : undefined,
    endsAt: isWaiting ? undefined : parseTime(end),
    outcome: outcome && { kind: outcome, exitCode: null, signal: null },
    user,
    workDir,
    comment,
  }
}

/**
 * Whether a job of this user is the one meant. The token in the comment proves it; where a site or the user has written the comment, two
 * of id, name and folder do: one of them alone may be another home's, or be given again. A token that is another instance's disproves it.
 */
export function isTheJob(job: QueuedJob, identity: JobIdentity, user: string): boolean {
  if (job.user !== '' && job.user !== user && !/^\d+$/.test(job.user)) return false
  if (job.comment === identity.token) return true
  if (/^aibench:/.test(job.comment)) return false
  const signs = [
    job.id === identity.id,
    job.name === identity.name,
    job.workDir === identity.runDir,
  ]
  return signs.filter(Boolean).length >= 2
}

/** Slurm's times are local to the machine; `N/A`, `Unknown` and `NONE` are no times. */
function parseTime(text: string): Date | undefined {
  const time = new Date(text)
  return /^\d{4}-/.test(text) && !Number.isNaN(time.getTime()) ? time : undefined
}
