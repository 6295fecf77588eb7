import type { Instance } from '../state/schema.js'
import type { Context } from './contract.js'
import type { StatusReport } from './reports.js'
import { describeInstance, nodeHoursOf } from './describe.js'
import { aliveThenNewest, isAliveInstance } from './find.js'
import { needsScheduler, reconcile } from './reconcile.js'

/** Of those that ended, the newest are looked for; all that ever ran would fill the screen. */
const SHOWN_ENDED = 5

export interface StatusRequest {
  all: boolean
  /** Gives runs whose command is gone their end, before what was last measured is shown. */
  settle?(context: Context): Promise<unknown>
}

/**
 * The instances that live and the last few that ended, or `all`, with one question to each scheduler that has any alive; none when all
 * have ended.
 */
export async function listInstances(
  context: Context,
  { all, settle }: StatusRequest,
): Promise<StatusReport> {
  const { instances } = await context.state.read()
  const known = Object.values(instances)
  const observations = (await reconcile(context, known)).sort((a, b) =>
    aliveThenNewest(a.instance, b.instance),
  )
  await settle?.(context)
  const alive = observations.filter(({ instance }) => isAliveInstance(instance)).length
  const shown = all ? observations : observations.slice(0, alive + SHOWN_ENDED)
  const reports = shown.map((observation) => describeInstance(context, observation))
  const hours = (instance: Instance) =>
    // What a guest uses is its holder's already.
    instance.scheduler === 'local' || instance.allocation !== null
      ? 0
      : nodeHoursOf(instance, context.clock.now().getTime())
  return {
    instances: reports,
    hidden: observations.length - shown.length,
    nodeHours: observations.reduce((sum, { instance }) => sum + hours(instance), 0),
    schedulerCalls: known.some(
      (one) => one.scheduler === 'slurm' && one.allocation === null && needsScheduler(context, one),
    )
      ? 1
      : 0,
    staleSince: reports.find(({ staleSince }) => staleSince)?.staleSince ?? null,
    trouble: reports.find(({ staleSince, trouble }) => staleSince && trouble)?.trouble ?? null,
  }
}
