import { Deadline } from '../../platform/clock.js'
import { PendingError } from '../../platform/errors.js'
import { isPortClosed } from '../../platform/ports.js'
import { formatDuration } from '../../platform/units.js'
import { readReceipt } from '../../scheduler/receipt.js'
import type { Instance } from '../../state/schema.js'
import type { Context } from '../contract.js'
import type { StopReport, StopRequest } from '../reports.js'
import { describeInstance } from './describe.js'
import { findInstance } from './find.js'
import { sayingWhatIsLeft } from './left.js'
import { observe, type Observation } from './observe.js'

/** How long a job may take to vanish after it was killed: Slurm's KillWait is 30 s by default, 60 s at some sites. */
const KILL_DEADLINE_MS = 90_000

/**
 * Ends an instance: tells its script, waits, and kills what outlives the deadline. Stopping what is already gone is a success.
 * Never touches a job whose token is not the instance's.
 * @throws PendingError `AIB_STILL_ALIVE` when the job outlives the kill too
 */
export async function stopInstance(context: Context, request: StopRequest): Promise<StopReport> {
  const begun = context.clock.monotonicMs()
  const instance = findInstance(await context.state.read(), request.service, request.name)
  const [before] = await observe(context, [instance])
  const report = (after: Observation, killed: boolean, portClosed: boolean | null): StopReport => ({
    id: instance.id,
    name: instance.name,
    jobId: after.instance.jobId,
    alreadyGone: before.instance.phase === 'ended',
    killed: killed || after.receipt?.killed === true,
    portClosed,
    ms: context.clock.monotonicMs() - begun,
    outcome: after.instance.outcome,
  })
  if (before.instance.phase === 'ended') return report(before, false, null)

  const step = context.progress.step('stopping')
  const { after, killed } = await end(context, before, request)
  const portClosed = await endpointClosed(context, before)
  step.done(killed ? 'killed at the deadline' : after.instance.outcome?.summary)
  return report(after, killed, portClosed)
}

async function end(
  context: Context,
  before: Observation,
  { timeoutMs, force }: StopRequest,
): Promise<{ after: Observation; killed: boolean }> {
  const { instance } = before
  const scheduler = context.scheduler(instance.scheduler)
  const id = before.job?.id ?? instance.jobId
  if (!id) return { after: await giveUpSubmission(context, before), killed: false }
  if (!force) {
    await scheduler.cancel(id, instance.token, 'TERM')
    const after = await watchEnd(context, before.instance, timeoutMs, 1_000)
    if (after.instance.phase === 'ended') return { after, killed: false }
  }
  await scheduler.cancel(id, instance.token, 'KILL')
  const after = await watchEnd(context, before.instance, KILL_DEADLINE_MS, 1_000)
  if (after.instance.phase !== 'ended') throw stillAlive(context, after, timeoutMs)
  return { after, killed: true }
}

/** Its submission was cut off and no job is to be seen. Should one surface later, {@link observe} cancels it. */
async function giveUpSubmission(context: Context, before: Observation): Promise<Observation> {
  const instance: Instance = {
    ...before.instance,
    phase: 'ended',
    submittingUntil: null,
    endedAt: context.clock.now().toISOString(),
    outcome: { kind: 'cancelled', exitCode: null, signal: null, summary: 'was never submitted' },
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
    const [observation] = await observe(context, [instance])
    instance = observation.instance
    if (instance.phase === 'ended' || deadline.passed) return observation
    const pause = new Deadline(context.clock, Math.min(pauseMs, deadline.remainingMs))
    while (!pause.passed && !(await endsAreIn(observation)))
      await context.clock.sleep(Math.min(200, pause.remainingMs), context.signal)
    // The scheduler may need a moment after the receipt was written.
    if (!isLocal) await context.clock.sleep(Math.min(300, deadline.remainingMs), context.signal)
  }
}

async function endsAreIn({ instance, receipt }: Observation): Promise<boolean> {
  return !receipt && (await readReceipt(instance.runDir, instance.token)) !== undefined
}

/** Only an endpoint on this machine can be seen from here; null elsewhere. */
async function endpointClosed(
  context: Context,
  { instance, endpoint }: Observation,
): Promise<boolean | null> {
  if (!endpoint) return null
  const isHere = instance.scheduler === 'local' || endpoint.node === context.environment.hostname
  return isHere ? isPortClosed(endpoint.host, endpoint.port) : null
}

function stillAlive(context: Context, observation: Observation, timeoutMs: number): PendingError {
  const { instance } = observation
  return new PendingError(`${instance.name} is still alive after ${formatDuration(timeoutMs)}`, {
    code: 'AIB_STILL_ALIVE',
    where: `job ${instance.jobId ?? '–'}, ${observation.job?.state ?? instance.phase}`,
    hints: [
      `aibench ${instance.service} stop ${instance.name} --force`,
      `aibench ${instance.service} logs ${instance.name}`,
    ],
    data: describeInstance(context, observation),
  })
}
