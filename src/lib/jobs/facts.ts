import { readNodeRecords } from '../scheduler/node-record.js'
import type { Instance } from '../state/schema.js'
import { hardwareOf } from './hardware.js'
import type { InstanceReport } from './reports.js'
import type { Context, Services } from './contract.js'
import { describeInstance } from './describe.js'
import { probeExposed } from './exposure.js'
import type { InstanceFacts, Observation } from './observation.js'
import { mainMember } from './members.js'
import { readStartLog } from './stages.js'

export async function readFacts(services: Services, instance: Instance): Promise<InstanceFacts> {
  if (instance.jobId === null) return { hardware: null, engine: null }
  const main = mainMember(services, instance)
  const [records, lines] = await Promise.all([
    readNodeRecords(instance.runDir, instance.jobId),
    main?.engine ? readStartLog(instance, main) : [],
  ])
  return { hardware: hardwareOf(records), engine: main?.engine?.(lines) ?? null }
}

/** The report of one instance, with what it runs on and with. */
export async function withFacts(
  context: Context,
  observation: Observation,
  detail: string | null = null,
): Promise<InstanceReport> {
  const [facts, exposure] = await Promise.all([
    readFacts(context, observation.instance),
    probeExposed(context, observation.instance),
  ])
  return describeInstance(context, { ...observation, facts: { ...facts, exposure } }, detail)
}
