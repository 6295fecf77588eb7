import type { EndpointRecord, Instance } from '../state/schema.js'
import type { Context } from './contract.js'
import { endpointOf } from './members.js'

/** A closed port is refused at once; packets that are thrown away are waited for this long. */
const PROBE_MS = 3_000

/** Whether this host reaches what is advertised to other machines. */
export interface Exposure {
  from: string
  isReached: boolean
}

/** Any answer counts: the gate refuses whoever has no token. @returns undefined when nothing is advertised */
export async function probeExposed(
  context: Context,
  instance: Instance,
): Promise<Exposure | undefined> {
  const { http, environment } = context
  const endpoint = endpointOf(context, instance)
  if (!endpoint?.exposed || !isForOthers(endpoint) || instance.phase === 'ended') return undefined
  const { host, port } = endpoint.exposed
  const isReached = await http
    .call('GET', `http://${host}:${port}/health`, { timeoutMs: PROBE_MS })
    .then(
      () => true,
      () => false,
    )
  return { from: environment.hostname, isReached }
}

/** The gate before a server that has a network of its own may stand on the node's loopback: then it is there for this node alone. */
export function isForOthers({ exposed }: Pick<EndpointRecord, 'exposed'>): boolean {
  return exposed !== undefined && !exposed.host.startsWith('127.')
}
