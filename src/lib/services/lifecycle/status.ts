import type { Context } from '../contract.js'
import type { StatusReport } from '../reports.js'
import { describeInstance } from './describe.js'
import { aliveThenNewest } from './find.js'
import { needsScheduler, observe } from './observe.js'

/** All instances with one question to each scheduler that has any alive; none when all have ended. */
export async function listInstances(context: Context): Promise<StatusReport> {
  const { instances } = await context.state.read()
  const all = Object.values(instances).sort(aliveThenNewest)
  const observations = await observe(context, all)
  const reports = observations.map((observation) => describeInstance(context, observation))
  return {
    instances: reports,
    nodeHours: reports.reduce((sum, { nodeHours }) => sum + nodeHours, 0),
    schedulerCalls: all.some((i) => i.scheduler === 'slurm' && needsScheduler(context, i)) ? 1 : 0,
    staleSince: reports.find(({ staleSince }) => staleSince)?.staleSince ?? null,
    trouble: reports.find(({ staleSince, trouble }) => staleSince && trouble)?.trouble ?? null,
  }
}
