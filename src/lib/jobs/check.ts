import { distrustOf } from '../platform/ownership.js'
import type { Context } from './contract.js'
import type { CheckRequest, InstanceReport, WaitRequest } from './reports.js'
import { withFacts } from './facts.js'
import { findInstance } from './find.js'
import { poll, untilReady } from './ready.js'
import { readStages } from './stages.js'
import { untilEnded } from './stop.js'

/** One look at one instance, or waiting until it is ready; until a batch job is done. */
export async function checkInstance(
  context: Context,
  request: CheckRequest,
): Promise<InstanceReport> {
  const instance = findInstance(context, await context.state.read(), request.service, request.name)
  if (request.wait && (instance.phase !== 'ended' || instance.shape === 'batch'))
    return withFacts(context, await untilReady(context, instance, request.timeoutMs))
  const { observation, detail } = await poll(context, instance)
  const stages = observation.stages ?? (await readStages(context, observation.instance))
  const distrust = await distrustOf(instance.runDir)
  const reason = distrust ? `its run directory is not trusted: ${distrust}` : null
  return withFacts(context, { ...observation, stages }, detail ?? reason)
}

/** `aibench wait NAME --for ready|ended`: for job chains. A batch job is ready when it is done. */
export async function waitFor(context: Context, request: WaitRequest): Promise<InstanceReport> {
  const instance = findInstance(context, await context.state.read(), undefined, request.name)
  const observation =
    request.until === 'ready'
      ? await untilReady(context, instance, request.timeoutMs)
      : await untilEnded(context, instance, request.timeoutMs)
  return withFacts(context, observation)
}
