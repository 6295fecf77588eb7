import { BugError } from '../../platform/errors.js'
import type { OpenedAccess } from '../http/access.js'
import { NextSteps } from '../next-steps.js'
import type { EngineOptions, Protocols, VectorEngine, VectorProtocol } from './engine.js'
import type { VectorConfig } from './plan.js'
import type { Where } from './refusal.js'

/** What speaks to the server of a run. */
export interface Connected {
  protocol: VectorProtocol
  engine: VectorEngine
  where: Where
}

export async function connect(
  config: VectorConfig,
  { headers, trust, http }: OpenedAccess,
  protocols: Protocols,
): Promise<Connected> {
  const { url, plan, access } = config
  const { tenant, database, client } = plan
  const name = config.service.protocol
  if (!Object.hasOwn(protocols, name))
    throw new BugError(`No protocol "${name}" of a vector database`)
  const protocol = await protocols[name]()
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')
  const isOfUser = access?.tokenHeader === null && access.tokenFile !== null
  const token = isOfUser && bearer ? bearer[1] : null
  const options: EngineOptions = { url, headers, token, trust, tenant, database }
  const engine =
    client === 'sdk' && protocol.library
      ? await protocol.library(options)
      : protocol.engine(options)
  return { protocol, engine, where: { url, http, tenant, database, next: new NextSteps(config) } }
}
