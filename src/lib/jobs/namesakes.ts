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
  /** Nobody asked for this very name: with a number it will do as well. */
  isNumbered?: boolean
  service: { kind: string }
}

/** `trial`, `trial-2`, … */
function numbered(name: string, number: number): string {
  return number === 1 ? name : `${name}-${number}`
}

function isOfFamily({ name, isNumbered }: Wanted, other: string): boolean {
  if (name === other) return true
  const number = Number(other.slice(name.length + 1))
  return isNumbered === true && Number.isInteger(number) && other === numbered(name, number)
}

/** The first that nobody alive bears. */
export function freeName(state: State, { name }: Pick<Wanted, 'name'>): string {
  for (let number = 1; ; number++) {
    const one = numbered(name, number)
    if (!namesake(state, { name: one })) return one
  }
}

/**
 * A submission of this name that was cut off and whose job is there after all: that is the one that was wanted.
 * While it is not known whether there is a job of this name, none is submitted beside it.
 * @param before as it was when the command began: any look at a holder may have mended what was cut off
 */
export async function adoptCutOff(
  context: Context,
  plan: Wanted,
  before: State,
): Promise<Instance | undefined> {
  const namesakes = Object.values(before.instances).filter(
    (one) => isOfFamily(plan, one.name) && needsScheduler(context, one),
  )
  if (namesakes.length === 0) return undefined
  const observations = await reconcile(context, namesakes)
  for (const [i, { instance, trouble }] of observations.entries()) {
    const existing = namesakes[i]
    const isUnfinished = existing.phase === 'intended' || existing.phase === 'held'
    if (!isAliveInstance(instance) || !isUnfinished || isBeingSubmitted(context, existing)) continue
    if (!['intended', 'held'].includes(instance.phase)) return instance
    throw stillUncertain({ ...plan, name: existing.name }, instance, trouble)
  }
  if (!plan.isNumbered) refuseTakenName(await context.state.read(), plan)
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

function namesake(state: State, { name }: Pick<Wanted, 'name'>): Instance | undefined {
  return Object.values(state.instances).find(
    (instance) => instance.name === name && isAliveInstance(instance),
  )
}

/** Of a start that is only planned: what it would do is of interest just when one is running. */
export function noteTakenName({ progress }: Context, state: State, plan: Wanted): void {
  const taken = namesake(state, plan)
  if (taken) progress.note(`note: "${plan.name}" is already running; another needs a --name`)
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
