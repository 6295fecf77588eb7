import { aibench } from '../platform/command-line.js'
import { NotFoundError, PendingError } from '../platform/errors.js'
import type { Endpoint } from '../scheduler/receipt.js'
import type { Context } from './contract.js'
import { findInstance } from './find.js'
import { mainMember } from './members.js'
import type { Observation } from './observation.js'
import { poll } from './ready.js'
import { startAgain } from './start-again.js'

/**
 * The instance meant, when it does its work: what is asked of a server begins here.
 * @throws NotFoundError when it is no longer running
 * @throws PendingError when it is not ready yet
 */
export async function findReady(
  context: Context,
  service: string,
  name?: string,
): Promise<Observation & { endpoint: Endpoint }> {
  const known = findInstance(context, await context.state.read(), service, name)
  const { observation, detail } = await poll(context, known)
  const { instance, trouble } = observation
  const main = mainMember(context, instance)
  const endpoint = main && observation.endpoints?.[main.name]
  if (instance.phase === 'ended')
    throw new NotFoundError(
      `${instance.name} is no longer running (${instance.outcome?.summary ?? 'it has ended'})`,
      {
        code: 'AIB_INSTANCE_ENDED',
        hints: [startAgain(context, instance), aibench('status')],
      },
    )
  if (instance.phase !== 'ready' || !endpoint)
    throw new PendingError(`${instance.name} is not ready: it is ${instance.phase}`, {
      where: trouble?.plain,
      evidence: detail ?? undefined,
      hints: [aibench(service, 'check', instance.name, '--wait')],
    })
  return { ...observation, endpoint }
}
