import { aibench } from '../platform/command-line.js'
import { Deadline } from '../platform/clock.js'
import { AibenchError, EnvironmentError, PendingError } from '../platform/errors.js'
import { formatDuration } from '../platform/units.js'
import type { SchedulerKind } from '../scheduler/contract.js'
import { readEndpoint, readReceipt } from '../scheduler/receipt.js'
import type { Instance } from '../state/schema.js'
import type { Context, Connection, Services } from './contract.js'
import { describeInstance, tokenFileOf } from './describe.js'
import { identityOf } from './identity.js'
import { sayingWhatIsLeft } from './left.js'
import type { Observation } from './observation.js'
import { reconcile } from './reconcile.js'
import { jobFailed } from './outcome.js'
import { completeHint } from './start-again.js'
import { readStages } from './stages.js'
import { WaitDrawer } from './wait-drawer.js'

/** Least time between two questions to the scheduler while waiting: sites ask for this, a laptop does not care. */
const POLL_PAUSE_MS: Readonly<Record<SchedulerKind, number>> = { slurm: 10_000, local: 250 }

/** A job that Slurm has not looked at yet has no reason; seconds later it has, and it may be one that never ends. */
const UNSEEN = { pauseMs: 2_000, forMs: 8_000 }

/** Between two looks at the run directory: a few files, no question to anybody. */
const LOOK_PAUSE_MS = 250

export interface Readiness {
  observation: Observation
  /** What the probe said. */
  detail: string | null
}

/**
 * Waits until the service does its work. The job is watched at the same time: one that ended is reported at the first look.
 * Between the questions to the scheduler only the run directory is read, where the job leaves its endpoint and its receipt.
 * @throws JobFailedError when the job ended instead
 * @throws EnvironmentError when the scheduler says that it can never run
 * @throws PendingError at the deadline
 */
export async function untilReady(
  context: Context,
  start: Instance,
  timeoutMs: number,
): Promise<Observation> {
  const deadline = new Deadline(context.clock, timeoutMs)
  const drawer = new WaitDrawer(context, start)
  let last: Observation = { instance: start }
  return sayingWhatIsLeft(
    context,
    () => last,
    async () => {
      for (;;) {
        const { observation, detail } = await poll(context, last.instance)
        last = observation
        drawer.show(observation, detail)
        if (observation.instance.phase === 'ready') return observation
        await failIfHopeless(context, observation)
        if (deadline.passed) throw stillPending(context, observation, detail, timeoutMs)
        await changeOrPause(context, observation, deadline, (seen) => drawer.show(seen, detail))
      }
    },
  )
}

/** Asks once: the scheduler, the run directory, and the service itself when it listens and was not yet seen to work. */
export async function poll(context: Context, instance: Instance): Promise<Readiness> {
  const [observation] = await reconcile(context, [instance])
  const { endpoint } = observation
  if (observation.instance.phase !== 'starting' || !endpoint) return { observation, detail: null }
  const answer = await context
    .service(instance.service)
    .probe(context, reachOf(context, observation))
  if (!answer.ready) return { observation, detail: answer.detail }
  const ready = await recordReady(context, observation.instance)
  return { observation: { ...observation, instance: ready }, detail: answer.detail }
}

/** A home that can't be written keeps nobody from using a server that answers. */
async function recordReady(context: Context, instance: Instance): Promise<Instance> {
  const change = { phase: 'ready' as const, readyAt: context.clock.now().toISOString() }
  try {
    return await context.state.update((draft) => {
      const current = draft.instances[instance.id]
      if (current && current.phase !== 'ended') Object.assign(current, change)
      return current ? { ...current } : instance
    })
  } catch (error) {
    if (!(error instanceof AibenchError)) throw error
    context.warn(`what was found out could not be recorded: ${error.message}`)
    return { ...instance, ...change }
  }
}

/** How to talk to an observed instance. */
export function reachOf(context: Context, { instance, endpoint }: Observation): Connection {
  if (!endpoint) throw new Error(`instance ${instance.name} has no endpoint`)
  const isNode = instance.scheduler === 'local' || endpoint.node === context.environment.hostname
  const isHere = isNode && !endpoint.closed
  return {
    endpoint,
    tokenFile: tokenFileOf(context, instance),
    options: instance.options,
    isHere,
    beside: (argv) => {
      const inside = endpoint.closed ? [...enterNetworkOf(endpoint.pid), ...argv] : argv
      return isNode || !instance.jobId
        ? inside
        : context.scheduler(instance.scheduler).step(identityOf(instance), inside)
    },
  }
}

function enterNetworkOf(pid: number): string[] {
  return ['nsenter', '--target', String(pid), '--user', '--net', '--preserve-credentials', '--']
}

async function failIfHopeless(services: Services, { instance, job }: Observation): Promise<void> {
  if (instance.phase === 'ended')
    throw await jobFailed(services, instance, 'before SERVICE was ready', { instance })
  if (job?.reason?.hopeless)
    throw new EnvironmentError(`The job can never run: ${job.reason.plain}`, {
      code: 'AIB_JOB_HOPELESS',
      where: `job ${instance.jobId}, pending with ${job.reason.raw}`,
      hints: [
        ...(job.reason.next ? [completeHint(services, instance, job.reason.next)] : []),
        aibench(instance.service, 'stop', instance.name),
      ],
    })
}

/** Returns as soon as the run directory shows something new, else when the scheduler may be asked again. */
async function changeOrPause(
  context: Context,
  observation: Observation,
  deadline: Deadline,
  show: (observation: Observation) => void,
): Promise<void> {
  const { instance, endpoint } = observation
  let told = observation.stages
  const longestMs = Math.max(deadline.remainingMs, LOOK_PAUSE_MS)
  const pause = new Deadline(
    context.clock,
    Math.min(
      isUnseen(context, observation) ? UNSEEN.pauseMs : POLL_PAUSE_MS[instance.scheduler],
      longestMs,
    ),
  )
  while (!pause.passed) {
    await context.clock.sleep(Math.min(LOOK_PAUSE_MS, pause.remainingMs), context.signal)
    if (await readReceipt(instance.runDir, instance.token)) return
    if (!endpoint && (await readEndpoint(instance.runDir, instance.token, instance.service))) return
    if (instance.phase !== 'starting') continue
    const stages = await readStages(context, instance)
    if (JSON.stringify(stages) !== JSON.stringify(told)) show({ ...observation, stages })
    told = stages
  }
}

function isUnseen(context: Context, { instance, job }: Observation): boolean {
  const since = instance.submittedAt && Date.parse(instance.submittedAt)
  if (job?.state !== 'pending' || job.reason || !since) return false
  return context.clock.now().getTime() - since < UNSEEN.forMs
}

function stillPending(
  context: Context,
  observation: Observation,
  detail: string | null,
  timeoutMs: number,
): PendingError {
  const { instance } = observation
  const report = describeInstance(context, observation, detail)
  return new PendingError(
    `${instance.name} is still ${report.summary} after ${formatDuration(timeoutMs)}`,
    {
      where: [`job ${instance.jobId ?? '–'}`, report.trouble ?? report.reason?.plain]
        .filter(Boolean)
        .join(': '),
      evidence: detail ?? undefined,
      hints: [
        aibench(instance.service, 'check', instance.name, '--wait'),
        aibench(instance.service, 'stop', instance.name),
      ],
      data: report,
    },
  )
}
