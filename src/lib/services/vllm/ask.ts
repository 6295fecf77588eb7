import type { Context } from '../../jobs/contract.js'
import { findReady } from '../../jobs/find-ready.js'
import { reachOf } from '../../jobs/ready.js'
import { callBeside, urlOf } from '../../jobs/beside.js'
import type { ReportOf, ClientCall } from './client-call.js'
import { servedNameOf } from './served-name.js'
import type { VllmOptions } from './options.js'

/** Told the text of an answer as it comes. */
type Write = (text: string) => void

/** What a question of ours is about, before it is known whom it is asked. */
export type CallOf<Kind extends ClientCall['kind']> = Omit<
  Extract<ClientCall, { kind: Kind }>,
  'url' | 'tokenFile' | 'model' | 'simulated'
>

/**
 * Asks an instance of ours: from here when its loopback is ours, else by a small program beside it.
 * @throws NotFoundError or PendingError when it is not ready, and what `answer` throws
 */
export async function ask<Kind extends ClientCall['kind']>(
  context: Context,
  name: string | undefined,
  wish: CallOf<Kind>,
  write: Write = () => undefined,
): Promise<ReportOf<Kind>> {
  const observation = await findReady(context, 'vllm', name)
  const reach = reachOf(context, observation)
  const options = reach.options as VllmOptions
  const question = {
    ...wish,
    url: urlOf(reach),
    tokenFile: reach.tokenFile,
    model: servedNameOf(options),
    simulated: options.simulate !== null,
  } as Extract<ClientCall, { kind: Kind }>
  if (reach.isHere) {
    const { answer } = await import('./answer.js')
    return (await answer(question, { write, signal: context.signal })) as ReportOf<Kind>
  }
  return callBeside(context, observation.instance, reach, { call: 'answer', question }, { write })
}
