import { aibench } from '../platform/command-line.js'
import { Deadline } from '../platform/clock.js'
import { AibenchError, PendingError, SchedulerError } from '../platform/errors.js'
import { isPortClosed } from '../platform/ports.js'
import { formatDuration } from '../platform/units.js'
import { readReceipt } from '../scheduler/receipt.js'
import { isProvenEnd, type Instance } from '../state/schema.js'
import type { Context } from './contract.js'
import type { StopReport, StopRequest } from './reports.js'
import { describeInstance } from './describe.js'
import { findInstance } from './find.js'
import { claimToStop, readGuestFiles, tellGuest, turnOf } from './guests.js'
import { doDueHooks } from './hooks.js'
import { identityOf } from './identity.js'
import { sayingWhatIsLeft } from './left.js'
import type { Observation } from './observation.js'
import { reconcile } from './reconcile.js'

/** How long a job may take to vanish after it was killed: Slurm's KillWait is 30 s by default, 60 s at some sites. */
const KILL_DEADLINE_MS = 90_000

/**
 * Ends an instance: tells its script, waits, and kills what outlives the deadline. Stopping what is already gone is a success; an end
 * that was only concluded is asked about first. Never touches a job that is not proven to be the instance's.
 * The job comes before the record: a home that can't be written keeps no job alive.
 * @throws PendingError `AIB_STILL_ALIVE` when the job outlives the kill too
 * @throws SchedulerError when the scheduler can't tell whether it lives
 */
export async function stopInstance(context: Context, request: StopRequest): Promise<StopReport> {
  const begun = context.clock.monotonicMs()
  const state = await context.state.read()
  const instance = findInstance(context, state, request.service, request.name, 'allocation')
  if (isProvenEnd(instance)) {
    await doDueHooks(context, [{ instance }])
    return reportOf(instance, { alreadyGone: true, ms: 0 })
  }

  const step = context.progress.step('stopping')
  const [before] = await reconcile(context, [instance], { mend: false, askAll: true })
  if (before.staleSince && before.instance.phase !== 'ready')
    step.update(before.trouble?.plain ?? 'the scheduler does not answer')
  // What is in an allocation is told by files alone.
  if (instance.allocation === null) refuseIfUnknown(before)
  const ms = () => context.clock.monotonicMs() - begun
  if (before.instance.phase === 'ended') {
    step.done('it had already stopped')
    return reportOf(before.instance, { alreadyGone: true, ms: ms() })
  }
  const { after, isTimeUp } = await end(context, before, request)
  const portClosed = await endpointsClosed(context, before)
  const how = howItEnded(after, { isTimeUp, force: request.force })
  step.done(how)
  const guests = (before.guests ?? []).map(({ name }) => name)
  return reportOf(after.instance, { how, portClosed, guests, ms: ms() })
}

function reportOf(
  { id, name, jobId, outcome }: Instance,
  found: Partial<StopReport> & Pick<StopReport, 'ms'>,
): StopReport {
  const how = found.how ?? 'stopped'
  const known = {
    alreadyGone: false,
    portClosed: null,
    guests: [],
    ...found,
    how,
    killed: how !== 'stopped',
  }
  return { id, name, jobId, outcome, ...known }
}

/** What is said is what happened: a server that ended in good order when it was to be killed was stopped. */
function howItEnded(
  { receipt, instance }: Observation,
  { isTimeUp, force }: { isTimeUp: boolean; force: boolean },
): string {
  const isInOrder = ['stopped', 'completed'].includes(receipt?.cause ?? '') && !receipt?.killed
  if (isInOrder || instance.startedAt === null) return 'stopped'
  return force ? 'killed' : isTimeUp || receipt?.killed ? 'killed at the deadline' : 'stopped'
}

/** Of a job that nobody can ask about nothing is known, and nothing can be done to it. */
function refuseIfUnknown({ instance, trouble, staleSince }: Observation): void {
  if (!staleSince || !trouble) return
  throw new SchedulerError(
    trouble.answered
      ? `Slurm could not be asked about ${instance.name}; nothing was cancelled`
      : 'Slurm does not answer; nothing was cancelled',
    {
      code: trouble.answered ? 'AIB_CANCEL' : 'AIB_SCHEDULER_DOWN',
      where: `job ${instance.jobId ?? '–'}: ${trouble.plain}`,
      hints: ['scontrol ping', 'repeat the same command later'],
    },
  )
}

type How = Pick<StopRequest, 'timeoutMs' | 'force'>

async function end(
  context: Context,
  before: Observation,
  { timeoutMs, force }: How,
): Promise<{ after: Observation; isTimeUp: boolean }> {
  const stopAskedAt = context.clock.now().toISOString()
  const instance = { ...before.instance, stopAskedAt }
  const { guests = [] } = before
  if (instance.allocation !== null || guests.length > 0)
    await rememberAsked(context, [instance, ...guests], stopAskedAt)
  if (instance.allocation !== null)
    return endGuest(context, { ...before, instance }, { timeoutMs, force })
  const scheduler = context.scheduler(instance.scheduler)
  const identity = identityOf(instance)
  if (identity.id === null)
    return { after: await giveUpSubmission(context, before), isTimeUp: false }
  if (!force) {
    await scheduler.cancel(identity, 'TERM')
    const after = await watchEnd(context, instance, timeoutMs, 1_000)
    if (after.instance.phase === 'ended') return { after, isTimeUp: false }
  }
  await scheduler.cancel(identity, 'KILL')
  const after = await watchEnd(context, instance, KILL_DEADLINE_MS, 1_000)
  if (after.instance.phase !== 'ended') throw stillAlive(context, after, timeoutMs)
  return { after, isTimeUp: true }
}

/**
 * What a guest's end is by follows from who was asked to stop: in an allocation that is stopped, the holder's script ends the one at work
 * first, and the others never begin.
 */
async function rememberAsked(
  context: Context,
  instances: readonly Instance[],
  stopAskedAt: string,
): Promise<void> {
  try {
    await context.state.update((draft) => {
      for (const { id } of instances) {
        const current = draft.instances[id]
        if (current && !isProvenEnd(current)) current.stopAskedAt ??= stopAskedAt
      }
    })
  } catch (error) {
    if (!(error instanceof AibenchError)) throw error
    context.warn(`that it was asked to stop could not be recorded: ${error.message}`)
  }
}

/** One that has not begun never will; another is told by a file in its run directory. Its holder goes on. */
async function endGuest(
  context: Context,
  { instance, holder }: Observation,
  { timeoutMs, force }: How,
): Promise<{ after: Observation; isTimeUp: boolean }> {
  if (holder && (await claimToStop(holder, instance, context.clock.now())))
    return { after: await watchEnd(context, instance, 0, 0), isTimeUp: false }
  if (!force) {
    await tellGuest(instance, 'TERM')
    const after = await watchEnd(context, instance, timeoutMs, 1_000)
    if (after.instance.phase === 'ended') return { after, isTimeUp: false }
  }
  await tellGuest(instance, 'KILL')
  const after = await watchEnd(context, instance, KILL_DEADLINE_MS, 1_000)
  if (after.instance.phase !== 'ended') throw stillAlive(context, after, timeoutMs)
  return { after, isTimeUp: true }
}

/** Its submission was cut off and no job is to be seen. Should one surface later, {@link reconcile} cancels it. */
async function giveUpSubmission(context: Context, before: Observation): Promise<Observation> {
  const at = context.clock.now().toISOString()
  const instance: Instance = {
    ...before.instance,
    phase: 'ended',
    submittingUntil: null,
    stopAskedAt: at,
    endedAt: at,
    outcome: {
      ...{ kind: 'cancelled', proof: 'concluded', exitCode: null, signal: null },
      summary: 'no job of it is to be seen; one that appears later is cancelled',
    },
  }
  await context.state.update((draft) => {
    draft.instances[instance.id] = instance
  })
  return { ...before, instance }
}

/**
 * Waits for an instance to end by whatever cause.
 * @throws PendingError at the deadline
 */
export async function untilEnded(
  context: Context,
  instance: Instance,
  timeoutMs: number,
): Promise<Observation> {
  const after = await sayingWhatIsLeft(
    context,
    () => ({ instance }),
    () => watchEnd(context, instance, timeoutMs, 10_000),
  )
  if (after.instance.phase !== 'ended') throw stillAlive(context, after, timeoutMs)
  return after
}

/** The receipt is looked for often, the scheduler asked seldom: at once, then after growing pauses. */
export async function watchEnd(
  context: Context,
  instance: Instance,
  timeoutMs: number,
  firstPauseMs: number,
): Promise<Observation> {
  const deadline = new Deadline(context.clock, timeoutMs)
  const isLocal = instance.scheduler === 'local'
  const longestPauseMs = isLocal ? 500 : 10_000
  for (
    let pauseMs = isLocal ? 100 : firstPauseMs;
    ;
    pauseMs = Math.min(pauseMs * 3, longestPauseMs)
  ) {
    const [observation] = await reconcile(context, [instance], { mend: false })
    instance = observation.instance
    if (instance.phase === 'ended' || deadline.passed) return observation
    const pause = new Deadline(context.clock, Math.min(pauseMs, deadline.remainingMs))
    while (!pause.passed && !(await endsAreIn(observation)))
      await context.clock.sleep(Math.min(200, pause.remainingMs), context.signal)
    // The scheduler may need a moment after the receipt was written.
    if (!isLocal) await context.clock.sleep(Math.min(300, deadline.remainingMs), context.signal)
  }
}

async function endsAreIn({ instance, receipt, holder, turn }: Observation): Promise<boolean> {
  if (holder && turnOf(await readGuestFiles(holder, instance)) !== turn) return true
  return !receipt && (await readReceipt(instance.runDir, instance.token)) !== undefined
}

/** Only endpoints on this machine can be seen from here; null elsewhere. */
async function endpointsClosed(
  { environment }: Context,
  { instance, endpoints = {} }: Observation,
): Promise<boolean | null> {
  const here = Object.values(endpoints).filter(
    ({ node }) => instance.scheduler === 'local' || node === environment.hostname,
  )
  if (here.length === 0) return null
  const closed = await Promise.all(here.map(({ host, port }) => isPortClosed(host, port)))
  return closed.every(Boolean)
}

function stillAlive(context: Context, observation: Observation, timeoutMs: number): PendingError {
  const { instance } = observation
  return new PendingError(`${instance.name} is still running after ${formatDuration(timeoutMs)}`, {
    code: 'AIB_STILL_ALIVE',
    where: `job ${instance.jobId ?? '–'}, ${observation.job?.state ?? instance.phase}`,
    hints: [
      aibench(instance.service, 'stop', instance.name, '--force'),
      aibench(instance.service, 'logs', instance.name),
    ],
    data: describeInstance(context, observation),
  })
}
