import { join } from 'node:path'
import { readHeadIfThere } from '../platform/files.js'
import type { Instance } from '../state/schema.js'
import type { LogStage, Member, Services } from './contract.js'
import { logsOf, mainMember } from './members.js'
import type { StageReport } from './reports.js'
import type { Observation } from './observation.js'

/** A start-up is told in the first part of the logs; a server that has served for days may have written GiB after it. */
const HEAD_BYTES = 1024 * 1024

/** The stages that the start-up of an instance's main member has come to, from its logs. */
export async function readStages(
  services: Services,
  instance: Instance,
): Promise<readonly LogStage[]> {
  const main = mainMember(services, instance)
  if (!main?.stages || instance.jobId === null) return []
  return main.stages(await readStartLog(instance, main))
}

/** The lines of its logs, one after the other, as far as a start-up is told in them. */
export async function readStartLog(
  { runDir, service }: Pick<Instance, 'runDir' | 'service'>,
  member: Member,
): Promise<string[]> {
  const texts = await Promise.all(
    logsOf({ service }, member).map((name) =>
      readHeadIfThere(join(runDir, name), HEAD_BYTES).catch(() => undefined),
    ),
  )
  return texts.flatMap((text) => text?.split(/\r?\n|\r/) ?? [])
}

/** The queue before them, and how long each took. */
export function stageReports(
  services: Services,
  { instance, stages = [] }: Pick<Observation, 'instance' | 'stages'>,
  nowMs: number,
): StageReport[] {
  if (!mainMember(services, instance)?.stages) return []
  const endMs = timeOf(instance.readyAt) ?? timeOf(instance.endedAt)
  return [
    ...queued(instance, nowMs),
    ...stages.map(({ name, at, text }, index): StageReport => {
      const nextMs = timeOf(stages[index + 1]?.at) ?? endMs
      const ms = Math.max(0, (nextMs ?? nowMs) - Date.parse(at))
      return { name, state: nextMs === undefined ? 'now' : 'done', ms, text: text || null }
    }),
  ]
}

/** A local job waits for nothing. */
function queued(instance: Instance, nowMs: number): StageReport[] {
  const fromMs = timeOf(instance.submittedAt)
  if (instance.scheduler === 'local' || fromMs === undefined) return []
  const startedMs = timeOf(instance.startedAt) ?? timeOf(instance.endedAt)
  const ms = Math.max(0, (startedMs ?? nowMs) - fromMs)
  return [{ name: 'queued', state: startedMs === undefined ? 'now' : 'done', ms, text: null }]
}

function timeOf(time: string | null | undefined): number | undefined {
  return time ? Date.parse(time) : undefined
}
