import { join } from 'node:path'
import { AibenchError } from '../platform/errors.js'
import { readReceipt } from '../scheduler/receipt.js'
import { withLock } from '../state/lock.js'
import { updateJobRecord, writeRunRecord } from '../state/run-directories.js'
import { isProvenEnd, type Instance, type Run } from '../state/schema.js'
import type { Context, Measured, Services } from './contract.js'
import type { Observation } from './observation.js'

/**
 * What follows once an instance is ready, and once it has ended: the hooks of a server, the result of a batch job. Whoever sees it first
 * does it, one command at a time; that it was done is recorded after it was. So it is done at least once, and twice only when a command
 * was killed between the two, or was slower than any holder of a lock may be.
 */

type Moment = keyof Instance['hooks']

/** Does what is due, and gives the observations back as they are after it. Trouble is told, and left to the next command. */
export async function doDueHooks(
  context: Context,
  observations: readonly Observation[],
): Promise<Observation[]> {
  const done: Observation[] = []
  for (const observation of observations) {
    const moment = dueOf(context, observation.instance)
    done.push(moment ? await doHook(context, observation, moment) : observation)
  }
  return done
}

function dueOf(services: Services, instance: Instance): Moment | undefined {
  const { phase, hooks, service, startedAt } = instance
  const workload = services.serviceIfKnown(service)
  if (!workload) return undefined
  if (phase === 'ended') {
    if (hooks.ended !== null) return undefined
    // A result is wanted of every job that ran; other things are done only because of what can't turn out otherwise.
    const isDue =
      workload.shape === 'batch'
        ? instance.shape === 'batch' && startedAt !== null
        : workload.hooks?.ended !== undefined && isProvenEnd(instance)
    return isDue ? 'ended' : undefined
  }
  const isReady = workload.shape === 'serving' && workload.hooks?.ready && phase === 'ready'
  return isReady && hooks.ready === null ? 'ready' : undefined
}

async function doHook(
  context: Context,
  observation: Observation,
  moment: Moment,
): Promise<Observation> {
  const { id, name } = observation.instance
  const { clock, environment, state } = context
  const lock = join(environment.stateDir, `${id}.hooks.lock`)
  try {
    const instance = await withLock(lock, { clock, hostname: environment.hostname }, async () => {
      const { [id]: current } = (await state.read()).instances
      if (!current || dueOf(context, current) !== moment) return current
      await run(context, current, moment)
      const after = await state.update(({ instances }) => {
        if (instances[id]) instances[id].hooks[moment] = clock.now().toISOString()
        return instances[id] && structuredClone(instances[id])
      })
      // A state that is rebuilt must not do it all again.
      if (after) await updateJobRecord(after)
      return after
    })
    return instance ? { ...observation, instance } : observation
  } catch (error) {
    context.signal.throwIfAborted()
    const { message, where } = error as AibenchError
    const what = moment === 'ready' ? 'what follows on its being ready' : 'its result'
    const why = error instanceof AibenchError && where ? `${message}: ${where}` : message
    context.warn(`${name}: ${what} is not done yet, the next command tries again: ${why}`)
    return observation
  }
}

/** Batch jobs that may have ended since somebody looked: asked about, and their results are made. */
export function mayBeCollected({ shape, hooks, startedAt, phase }: Instance): boolean {
  return shape === 'batch' && hooks.ended === null && (phase !== 'ended' || startedAt !== null)
}

async function run(context: Context, instance: Instance, moment: Moment): Promise<void> {
  const workload = context.service(instance.service)
  if (workload.shape === 'serving') return workload.hooks?.[moment]?.(context, instance)
  const receipt = await readReceipt(instance.runDir, instance.token)
  const measured = await workload.collect(context, instance, receipt)
  if (measured) await recordRun(context, instance, measured)
}

/** The job is the run: it has its id, its folder and its times. */
async function recordRun(context: Context, instance: Instance, measured: Measured): Promise<void> {
  const { id, service, name, runDir, intendedAt, startedAt, endedAt } = instance
  const run: Run = {
    id,
    service,
    instance: null,
    job: id,
    target: name,
    dir: runDir,
    startedAt: startedAt ?? intendedAt,
    endedAt,
    ...measured,
  }
  await writeRunRecord(run)
  await context.state.update((draft) => {
    draft.runs[id] = run
    if (draft.instances[id]) draft.instances[id].lastResult = run.summary
  })
}
