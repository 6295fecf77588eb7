import { readEndpoint, readMemberEnd, type Endpoint, type MemberEnd } from '../scheduler/receipt.js'
import type { EndpointRecord, Instance, MemberRecord } from '../state/schema.js'
import type { Services } from './contract.js'
import { membersOf, recordOf } from './members.js'
import type { Observation } from './observation.js'

/** What the members of a job wrote, and what of it goes on record. */
export interface MemberFiles {
  endpoints: Record<string, Endpoint>
  /** Of those that the job lives on without. */
  ends: Record<string, MemberEnd>
}

export async function readMembers(services: Services, instance: Instance): Promise<MemberFiles> {
  const { runDir, token } = instance
  const found: MemberFiles = { endpoints: {}, ends: {} }
  await Promise.all(
    membersOf(services, instance).map(async ({ name, critical }) => {
      const [endpoint, end] = await Promise.all([
        readEndpoint(runDir, token, name),
        critical ? undefined : readMemberEnd(runDir, token, name),
      ])
      if (endpoint) found.endpoints[name] = endpoint
      if (end && end.restarts >= instance.restarts) found.ends[name] = end
    }),
  )
  return found
}

/** Where each listens, or last did; a job that has to run again listens nowhere yet, and has to be probed again. */
export function recordsOf(
  services: Services,
  { instance, job, receipt }: Observation,
  { endpoints, ends }: MemberFiles,
): Instance['members'] {
  // What another version knows of its servers is left to it.
  if (!services.serviceIfKnown(instance.service)) return instance.members
  const willListen = job && ['pending', 'configuring', 'running'].includes(job.state)
  const isGone = willListen && !receipt
  const records: Record<string, MemberRecord> = {}
  for (const member of membersOf(services, instance)) {
    const { [member.name]: endpoint } = endpoints
    const { [member.name]: end } = ends
    const before = recordOf(instance, member)
    if (endpoint || end) {
      const isSame = endpoint?.port === before.endpoint?.port && !end
      records[member.name] = {
        endpoint: endpoint ? partOf(endpoint) : before.endpoint,
        readyAt: isSame ? before.readyAt : null,
        failed: end ? textOf(end) : null,
      }
    } else if (!isGone && before.endpoint) records[member.name] = before
  }
  return records
}

function partOf({ scheme, host, port, node, exposed, closed }: Endpoint): EndpointRecord {
  const record: EndpointRecord = { scheme, host, port, node }
  if (exposed) record.exposed = exposed
  if (closed) record.closed = closed
  return record
}

function textOf({ exitCode, signal }: MemberEnd): string {
  return signal ? `ended by signal ${signal}` : `ended, exit code ${exitCode ?? 'unknown'}`
}
