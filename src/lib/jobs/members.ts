import type { EndpointRecord, Instance, MemberRecord } from '../state/schema.js'
import type { Member, Services } from './contract.js'

/** The servers of an instance, as its service and its record have them. */

type Known = Pick<Instance, 'service' | 'options'>

/** None of a batch job, nor of a service that this version does not know. */
export function membersOf(services: Services, { service, options }: Known): readonly Member[] {
  const workload = services.serviceIfKnown(service)
  return workload?.shape === 'serving' ? workload.members(options) : []
}

/** The one that is meant when none is named; undefined for a batch job. */
export function mainMember(services: Services, instance: Known): Member | undefined {
  return membersOf(services, instance)[0]
}

/** Of the main member. */
export function endpointOf(services: Services, instance: Instance): EndpointRecord | null {
  const main = mainMember(services, instance)
  return main ? recordOf(instance, main).endpoint : null
}

const UNHEARD: MemberRecord = { endpoint: null, readyAt: null, failed: null }

export function recordOf({ members }: Pick<Instance, 'members'>, { name }: Member): MemberRecord {
  return Object.hasOwn(members, name) ? members[name] : UNHEARD
}

/** Whether all that it can't do without do their work. */
export function areReady(services: Services, instance: Known & Pick<Instance, 'members'>): boolean {
  const critical = membersOf(services, instance).filter((member) => member.critical)
  return critical.every((member) => recordOf(instance, member).readyAt !== null)
}

/** Files in the run directory. Without a member, or of the one with the name of its service, they are the job's own. */
export function logsOf({ service }: Pick<Instance, 'service'>, member?: Member): readonly string[] {
  const isJobs = member === undefined || member.name === service
  return isJobs ? ['stdout.log', 'stderr.log'] : [`${member.name}.log`]
}

/** Why one failed: of several servers the log of the main one says it, for the job's own has no more than their starts. */
export function logMeant(service: string, members: readonly { name: string }[]): string {
  const main = members.at(0)
  return main && main.name !== service ? main.name : '--stderr'
}
