import { SchedulerError, UsageError } from '../platform/errors.js'
import { aibench, withRemark } from '../platform/command-line.js'
import type { Trouble } from '../scheduler/contract.js'
import type { Instance, State } from '../state/schema.js'
import type { Context } from './contract.js'
import { isBeingSubmitted } from './ends.js'
import { isAliveInstance } from './find.js'
import { needsScheduler, reconcile } from './reconcile.js'

/** What is wanted under a name, and of which service. */
interface Wanted {
  name: string
  service: { kind: string }
}

/**
 * A submission of this name that was cut off and whose job is there after all: that is the one that was wanted.
 * While it is not known whether there is a job of this name, none is submitted beside it.
 */
export async function adoptCutOff(context: Context, plan: Wanted): Promise<Instance | undefined> {
  const namesakes = Object.values((await context.state.read()).instances).filter(
    (one) => one.name === plan.name && needsScheduler(context, one),
  )
  if (namesakes.length === 0) return undefined
  const observations = await reconcile(context, namesakes)
  const alive = observations.findIndex(({ instance }) => isAliveInstance(instance))
  if (alive < 0) return undefined
  const existing = namesakes[alive]
  const { instance, trouble } = observations[alive]
  const isUnfinished = existing.phase === 'intended' || existing.phase === 'held'
  const wasCutOff = isUnfinished && !isBeingSubmitted(context, existing)
  if (wasCutOff && !['intended', 'held'].includes(instance.phase)) return instance
  if (wasCutOff) throw stillUncertain(plan, instance, trouble)
  refuseTakenName(await context.state.read(), plan)
  return undefined
}

function stillUncertain(
  plan: Wanted,
  instance: Instance,
  trouble: Trouble | undefined,
): SchedulerError {
  const { name } = plan
  const { kind } = plan.service
  const isHeld = instance.phase === 'held'
  return new SchedulerError(
    isHeld
      ? `An earlier start of "${plan.name}" was cut off; its job ${instance.jobId} is still held`
      : `An earlier start of "${plan.name}" was cut off, and its job may still appear`,
    {
      code: isHeld ? 'AIB_RELEASE' : 'AIB_SUBMIT_UNCERTAIN',
      where: trouble?.plain ?? 'the scheduler does not know the job yet',
      hints: [
        withRemark(aibench(kind, 'check', name), 'looks for it again'),
        withRemark(aibench(kind, 'stop', name), 'gives it up: a job that appears is cancelled'),
        aibench(kind, 'start', '--name', `${name}2`),
      ],
    },
  )
}

/** The name, or with the first number from 2 that no instance alive has. */
export async function freeName({ state }: Context, name: string): Promise<string> {
  const taken = Object.values((await state.read()).instances)
    .filter(isAliveInstance)
    .map((one) => one.name)
  for (let number = 2, free = name; ; free = `${name}${number++}`)
    if (!taken.includes(free)) return free
}

function namesake(state: State, { name }: Wanted): Instance | undefined {
  return Object.values(state.instances).find(
    (instance) => instance.name === name && isAliveInstance(instance),
  )
}

export function refuseTakenName(state: State, plan: Wanted): void {
  const taken = namesake(state, plan)
  if (!taken) return
  throw new UsageError(`"${plan.name}" is already running`, {
    code: 'AIB_NAME_TAKEN',
    where: `${taken.service}, job ${taken.jobId ?? '–'}, ${taken.phase}`,
    hints: [
      aibench(taken.service, 'check', taken.name),
      `--name ${plan.name}2`,
      aibench(taken.service, 'stop', taken.name),
    ],
  })
}
