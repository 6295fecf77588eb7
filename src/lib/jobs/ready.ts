import { aibench } from '../platform/command-line.js'
import { Deadline } from '../platform/clock.js'
import { AibenchError, EnvironmentError, PendingError } from '../platform/errors.js'
import { formatDuration } from '../platform/units.js'
import type { SchedulerKind } from '../scheduler/contract.js'
import { readReadyMark, readReceipt } from '../scheduler/receipt.js'
import type { Instance } from '../state/schema.js'
import type { Connection, Context, Member, Services } from './contract.js'
import { secretFileOf } from './addresses.js'
import { probeMember } from './beside.js'
import { describeInstance } from './describe.js'
import { readGuestFiles, turnOf } from './guests.js'
import { doDueHooks } from './hooks.js'
import { identityOf } from './identity.js'
import { sayingWhatIsLeft } from './left.js'
import { readMembers } from './member-records.js'
import { areReady, mainMember, membersOf, recordOf } from './members.js'
import type { Observation } from './observation.js'
import { reconcile } from './reconcile.js'
import { jobFailed } from './outcome.js'
import { completeHint } from './start-again.js'
import { readProgress } from './progress.js'
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

/** What a start is for: servers that work, nodes that are held and proven, a batch job that is done. */
function isReached({ shape, phase, outcome }: Instance): boolean {
  if (shape !== 'batch') return phase === 'ready'
  return phase === 'ended' && outcome?.kind === 'completed'
}

/**
 * Waits until the servers do their work, or the batch job has done its own. The job is watched at the same time: one that ended is reported at the first look.
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
        if (isReached(observation.instance)) return observation
        await failIfHopeless(context, observation)
        if (deadline.passed) throw stillPending(context, observation, detail, timeoutMs)
        await changeOrPause(context, observation, deadline, (seen) => drawer.show(seen, detail))
      }
    },
  )
}

/** Asks once: the scheduler, the run directory, and those servers themselves that listen and were not yet seen to work. */
export async function poll(context: Context, instance: Instance): Promise<Readiness> {
  const [observation] = await reconcile(context, [instance])
  const due = membersToProbe(context, observation)
  if (due.length === 0) return { observation, detail: ownWords(observation) }
  const answers = await Promise.all(
    due.map(async (member) => {
      const reach = reachOf(context, observation, member)
      const answer = await probeMember(context, observation.instance, member, reach)
      return { member, ...answer }
    }),
  )
  const isOne = membersOf(context, instance).length === 1
  const told = answers.filter(({ ready }) => !ready)
  const detail = (told.length > 0 ? told : answers)
    .map(({ member, detail }) => (isOne ? detail : `${member.title}: ${detail}`))
    .join('; ')
  const ready = answers.filter((answer) => answer.ready).map(({ member }) => member.name)
  if (ready.length === 0) return { observation, detail }
  const seen = { ...observation, instance: await recordReady(context, observation.instance, ready) }
  const [after] = await doDueHooks(context, [seen])
  return { observation: after, detail }
}

/** What it says itself, of what it does or did. */
function ownWords({ instance, progress, ready }: Observation): string | null {
  if (instance.phase === 'ready' && ready) return ready.detail
  return progress?.text ?? null
}

function membersToProbe(context: Context, { instance, endpoints = {} }: Observation): Member[] {
  if (instance.phase !== 'starting' && instance.phase !== 'ready') return []
  return membersOf(context, instance).filter((member) => {
    const { readyAt, failed } = recordOf(instance, member)
    return Object.hasOwn(endpoints, member.name) && readyAt === null && failed === null
  })
}

/** A home that can't be written keeps nobody from using a server that answers. */
async function recordReady(
  context: Context,
  instance: Instance,
  names: readonly string[],
): Promise<Instance> {
  const readyAt = context.clock.now().toISOString()
  const change = (current: Instance): Instance => {
    const members = { ...current.members }
    for (const name of names) if (members[name]) members[name] = { ...members[name], readyAt }
    const isReady = current.phase === 'starting' && areReady(context, { ...current, members })
    return isReady ? { ...current, members, phase: 'ready', readyAt } : { ...current, members }
  }
  try {
    return await context.state.update((draft) => {
      const current = draft.instances[instance.id]
      if (!current || current.phase === 'ended') return current ?? instance
      return (draft.instances[instance.id] = change(current))
    })
  } catch (error) {
    if (!(error instanceof AibenchError)) throw error
    context.warn(`what was found out could not be recorded: ${error.message}`)
    return change(instance)
  }
}

/** How to talk to a server of an observed instance, by default its main one. */
export function reachOf(
  context: Context,
  { instance, endpoints = {} }: Observation,
  member = mainMember(context, instance),
): Connection {
  const endpoint = member && endpoints[member.name]
  if (!endpoint) throw new Error(`instance ${instance.name} has no endpoint`)
  const isNode = instance.scheduler === 'local' || endpoint.node === context.environment.hostname
  const isHere = isNode && !endpoint.closed
  return {
    endpoint,
    tokenFile: secretFileOf(instance, member),
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

const WHEN_IT_ENDED = {
  serving: 'before SERVICE was ready',
  holding: 'before it was ready',
  batch: 'before it was done',
} as const

async function failIfHopeless(services: Services, { instance, job }: Observation): Promise<void> {
  if (instance.phase === 'ended')
    throw await jobFailed(services, instance, WHEN_IT_ENDED[instance.shape], { instance })
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
  const { instance } = observation
  const listening = namesIn(observation.endpoints)
  let told = JSON.stringify(newsOf(observation))
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
    const receipt = await readReceipt(instance.runDir, instance.token)
    // That of an earlier life lies there until the job runs again.
    if (receipt && receipt.times.ended !== observation.receipt?.times.ended) return
    const { endpoints } = await readMembers(context, instance)
    if (namesIn(endpoints) !== listening) return
    if (await hasBecomeReady(observation)) return
    if (await hasMoved(observation)) return
    if (instance.phase !== 'starting' && instance.phase !== 'running') continue
    const news = {
      stages: await readStages(context, instance),
      progress: await readProgress(context, instance),
    }
    if (JSON.stringify(newsOf(news)) !== told) show({ ...observation, ...news })
    told = JSON.stringify(newsOf(news))
  }
}

async function hasBecomeReady({ instance, ready }: Observation): Promise<boolean> {
  const { shape, runDir, token } = instance
  if (shape !== 'holding') return false
  return (await readReadyMark(runDir, token))?.at !== ready?.at
}

/** Of a guest: its turn has come, or its script has ended. */
async function hasMoved({ instance, holder, turn }: Observation): Promise<boolean> {
  return holder !== undefined && turnOf(await readGuestFiles(holder, instance)) !== turn
}

function newsOf({ stages, progress }: Pick<Observation, 'stages' | 'progress'>): unknown[] {
  return [stages, progress]
}

function namesIn(endpoints: Observation['endpoints'] = {}): string {
  return Object.keys(endpoints).sort().join(' ')
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
