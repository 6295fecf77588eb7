import { join } from 'node:path'
import type { EndpointRecord, Instance } from '../state/schema.js'
import type { Member, Services } from './contract.js'
import { isForOthers, type Exposure } from './exposure.js'
import { mainMember, membersOf, recordOf } from './members.js'
import type { EndpointReport, MemberReport } from './reports.js'
import { GATE_TOKEN, headerFileOf } from './token-files.js'

/** How people reach the servers of an instance: addresses, and lines to paste. */

/** Where what a server asks for lies; null for one that asks for nothing. */
export function secretFileOf({ runDir }: Pick<Instance, 'runDir'>, member?: Member): string | null {
  return member?.secret ? join(runDir, member.secret.file) : null
}

export function memberReports(
  services: Services,
  instance: Instance,
  probed?: Exposure,
): MemberReport[] {
  const main = mainMember(services, instance)
  return membersOf(services, instance).map((member) => {
    const { readyAt, failed } = recordOf(instance, member)
    const endpoint = endpointReport(
      instance,
      member,
      member.name === main?.name ? probed : undefined,
    )
    return {
      name: member.name,
      title: member.title,
      critical: member.critical,
      state: stateOf(instance, readyAt, failed),
      detail: failed,
      endpoint,
      call: callOf(member, endpoint),
    }
  })
}

function stateOf(
  { phase }: Instance,
  readyAt: string | null,
  failed: string | null,
): MemberReport['state'] {
  if (phase === 'ended') return 'ended'
  if (failed !== null) return 'failed'
  return readyAt === null ? 'starting' : 'ready'
}

function endpointReport(
  instance: Instance,
  member: Member,
  probed?: Exposure,
): EndpointReport | null {
  const { phase, runDir } = instance
  const { endpoint, failed } = recordOf(instance, member)
  if (!endpoint || phase === 'ended' || failed !== null) return null
  const { exposed, closed } = endpoint
  return {
    // Of a server in a network of its own the gate is all that others see.
    url: addressOf(endpoint),
    node: endpoint.node,
    loopbackOnly: endpoint.host === '127.0.0.1' || endpoint.host === '::1',
    tokenFile: closed ? join(runDir, GATE_TOKEN) : secretFileOf(instance, member),
    exposed:
      exposed && isForOthers(endpoint)
        ? {
            url: `http://${exposed.host}:${exposed.port}`,
            tokenFile: join(runDir, GATE_TOKEN),
            reachedFrom: hosts(exposed.reachedFrom, probed?.isReached && probed.from),
            unreachedFrom: hosts(exposed.unreachedFrom, !probed?.isReached && probed?.from),
          }
        : null,
  }
}

function hosts(...names: readonly (string | false | undefined)[]): string[] {
  return names.filter((name) => typeof name === 'string')
}

function addressOf(endpoint: EndpointRecord): string {
  const { host, port } = wayIn(endpoint)
  return `${endpoint.scheme}://${host}:${port}`
}

/** Of a server in a network of its own it is the gate. */
export function wayIn({ host, port, exposed, closed }: EndpointRecord) {
  return closed && exposed ? exposed : { host, port }
}

/** Through the gate where there is one; else on the server's own port, which is also the tunnel's. curl reads the header from its file. */
function callOf({ callPath }: Member, endpoint: EndpointReport | null): string | null {
  if (!endpoint || !callPath) return null
  const { url, tokenFile } = endpoint.exposed ?? endpoint
  const header = tokenFile === null ? '' : `-H @${headerFileOf(tokenFile)} `
  return `curl ${header}${url}${callPath}`
}
