import type { JobStatus, Outcome, Queue, SchedulerKind } from '../../scheduler/contract.js'
import { readEndpoint, readReceipt, type Endpoint, type Receipt } from '../../scheduler/receipt.js'
import type { Instance } from '../../state/schema.js'
import type { Context, LogStage } from '../contract.js'
import { clearAfterEnd } from './clear.js'
import { describeOutcome } from './outcome.js'
import type { InstanceFacts } from './facts.js'
import { readStages } from './stages.js'

/**
 * How the state file, the run directory and the scheduler are brought together. The scheduler is asked once for all
 * instances; what it says of a job is believed only when the job carries the instance's token.
 */

/** An instance with everything that was found out about it. */
export interface Observation {
  instance: Instance
  /** As the scheduler has it now; undefined when it does not know the job, or did not answer. */
  job?: JobStatus
  endpoint?: Endpoint
  receipt?: Receipt
  /** Of its start-up, from its logs; empty for a service that tells none. */
  stages?: readonly LogStage[]
  /** What it runs on and with; only where it was asked for. */
  facts?: InstanceFacts
  /** The scheduler did not answer; nothing was concluded from the absence of a job. */
  staleSince?: Date
}

/** A submission that was cut off may still surface in the queue for this long; after that its job is cancelled instead. */
const ADOPTION_MS = 10 * 60_000

/** Looks at all these instances with one question per scheduler, mends what a cut-off command left, and records what changed. */
export async function observe(
  context: Context,
  instances: readonly Instance[],
): Promise<Observation[]> {
  const queues = await pollNeeded(context, instances)
  const observations = await Promise.all(
    instances.map((instance) => observeOne(instance, queues.get(instance.scheduler))),
  )
  for (const observation of observations) await mend(context, observation)
  return record(context, observations)
}

/** Nothing is asked about what has ended, unless its submission was cut off and a held job may yet surface. */
export function needsScheduler(context: Context, instance: Instance): boolean {
  if (instance.phase !== 'ended') return true
  return instance.jobId === null && ageMs(context, instance) < 6 * ADOPTION_MS
}

function ageMs(context: Context, { intendedAt }: Instance): number {
  return context.clock.now().getTime() - Date.parse(intendedAt)
}

async function pollNeeded(
  context: Context,
  instances: readonly Instance[],
): Promise<ReadonlyMap<SchedulerKind, Queue>> {
  const kinds = new Set(
    instances
      .filter((instance) => needsScheduler(context, instance))
      .map(({ scheduler }) => scheduler),
  )
  const answers = await Promise.all(
    [...kinds].map(async (kind) => [kind, await context.scheduler(kind).poll()] as const),
  )
  return new Map(answers)
}

async function observeOne(instance: Instance, queue: Queue | undefined): Promise<Observation> {
  const seen = {
    instance,
    job: queue?.jobs.get(instance.token),
    staleSince: queue?.staleSince,
  }
  // Those that ended only grow in number: nothing is read of what can't change.
  if (instance.phase === 'ended' && instance.outcome?.kind !== 'lost') return seen
  const [endpoint, receipt, stages] = await Promise.all([
    readEndpoint(instance.runDir, instance.token),
    readReceipt(instance.runDir, instance.token),
    instance.phase === 'ended' ? undefined : readStages(instance),
  ])
  return { ...seen, endpoint, receipt, stages }
}

/** A job that is held because its submitter was cut off is let go; one that surfaced too late is cancelled. */
async function mend(context: Context, { instance, job, staleSince }: Observation): Promise<void> {
  if (staleSince || job?.state !== 'held' || isBeingSubmitted(context, instance)) return
  const scheduler = context.scheduler(instance.scheduler)
  if (instance.phase === 'ended') await scheduler.cancel(job.id, instance.token, 'KILL')
  else if (instance.phase === 'intended' || instance.phase === 'held') {
    await scheduler.release(job.id)
    job.state = 'pending'
  }
}

/** Another command is in the middle of it: nothing may be concluded or mended yet. */
export function isBeingSubmitted(context: Context, { submittingUntil }: Instance): boolean {
  return submittingUntil !== null && context.clock.now() < new Date(submittingUntil)
}

async function record(context: Context, observations: Observation[]): Promise<Observation[]> {
  const changed = await Promise.all(
    observations.map(async (observation) => {
      const instance = { ...observation.instance, ...(await changesOf(context, observation)) }
      return { ...observation, instance }
    }),
  )
  const news = changed.filter(
    ({ instance }, index) => !sameRecord(instance, observations[index].instance),
  )
  for (const { instance } of news) if (instance.phase === 'ended') await clearAfterEnd(instance)
  if (news.length > 0)
    await context.state.update((draft) => {
      for (const { instance } of news) {
        const current = draft.instances[instance.id]
        // Another command may have moved it on meanwhile; an end is never undone.
        if (current && current.phase !== 'ended') draft.instances[instance.id] = instance
        else if (current?.outcome?.kind === 'lost') draft.instances[instance.id] = instance
      }
    })
  return changed
}

async function changesOf(context: Context, observation: Observation): Promise<Partial<Instance>> {
  const { instance, job, receipt, staleSince } = observation
  if (instance.phase === 'ended' && instance.outcome?.kind !== 'lost') return {}
  const known: Partial<Instance> = {
    jobId: job?.id ?? instance.jobId,
    submittedAt: instance.submittedAt ?? job?.submittedAt?.toISOString() ?? null,
    startedAt: receipt?.times.started ?? job?.startedAt?.toISOString() ?? instance.startedAt,
    nodeList: job?.nodes.length ? [...job.nodes] : instance.nodeList,
    endpoint: endpointOf(observation),
  }
  const end = endOf(context, observation)
  if (end)
    return {
      ...known,
      phase: 'ended',
      submittingUntil: null,
      endedAt: end.at,
      outcome: {
        ...end.outcome,
        summary: await describeOutcome(instance, end.outcome, job, receipt),
      },
    }
  if (staleSince || !job) return instance.phase === 'ended' ? {} : known
  return { ...known, phase: phaseOf(observation, job) }
}

/** Where it listens, or last did; a job that has to run again listens nowhere yet. */
function endpointOf({ instance, job, endpoint, receipt }: Observation): Instance['endpoint'] {
  if (endpoint) {
    const { scheme, host, port, node, exposed, closed } = endpoint
    return {
      ...{ scheme, host, port, node },
      ...(exposed ? { exposed } : {}),
      ...(closed ? { closed } : {}),
    }
  }
  const willListen = job && ['pending', 'configuring', 'running'].includes(job.state)
  return willListen && !receipt ? null : instance.endpoint
}

function phaseOf({ instance, receipt, endpoint }: Observation, job: JobStatus): Instance['phase'] {
  switch (job.state) {
    case 'held':
    case 'pending':
    case 'configuring':
      return instance.phase === 'intended' && job.state === 'held' ? 'held' : 'submitted'
    case 'running':
      if (receipt) return 'stopping'
      // A requeued job listens somewhere else, and has to be probed again.
      return instance.phase === 'ready' && endpoint?.port === instance.endpoint?.port
        ? 'ready'
        : 'starting'
    case 'completing':
      return 'stopping'
    default:
      return instance.phase
  }
}

/** Whether, when and how the job ended: the scheduler's word on why, the receipt's on what the service did. */
function endOf(
  context: Context,
  { instance, job, receipt, staleSince }: Observation,
): { at: string; outcome: Outcome } | undefined {
  const now = context.clock.now().toISOString()
  if (job && job.state !== 'ended') return undefined
  if (job)
    return {
      at: receipt?.times.ended ?? job.endsAt?.toISOString() ?? now,
      outcome: mergeOutcome(job.outcome, receipt),
    }
  if (receipt) return { at: receipt.times.ended ?? now, outcome: mergeOutcome(undefined, receipt) }
  if (staleSince || instance.phase === 'ended' || isBeingSubmitted(context, instance))
    return undefined
  if (instance.phase !== 'intended')
    return { at: now, outcome: { kind: 'lost', exitCode: null, signal: null } }
  return ageMs(context, instance) > ADOPTION_MS
    ? { at: now, outcome: { kind: 'cancelled', exitCode: null, signal: null } }
    : undefined
}

/** The scheduler knows about limits, nodes and cancellation; the script knows the service's own exit code. */
export function mergeOutcome(
  scheduler: Outcome | undefined,
  receipt: Receipt | undefined,
): Outcome {
  if (!receipt) return scheduler ?? { kind: 'lost', exitCode: null, signal: null }
  const own: Outcome = {
    kind: OUTCOME_OF_CAUSE[receipt.cause] ?? 'failed',
    exitCode: receipt.exitCode,
    signal: receipt.signal,
  }
  const decisive = scheduler && !['completed', 'failed', 'lost'].includes(scheduler.kind)
  // Told to stop and stopped well is an end in good order, also when the telling was a cancel.
  if (decisive && !(scheduler.kind === 'cancelled' && own.kind === 'completed'))
    return { ...own, kind: scheduler.kind }
  return own
}

const OUTCOME_OF_CAUSE: Readonly<Record<string, Outcome['kind']>> = {
  stopped: 'completed',
  'time-limit': 'timeout',
}

function sameRecord(a: Instance, b: Instance): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
