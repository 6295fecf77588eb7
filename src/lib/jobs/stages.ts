import { join } from 'node:path'
import { readHeadIfThere } from '../platform/files.js'
import type { Instance } from '../state/schema.js'
import type { LogStage, Services } from './contract.js'
import type { StageReport } from './reports.js'
import type { Observation } from './observation.js'

/** A start-up is told in the first part of the logs; a server that has served for days may have written GiB after it. */
const HEAD_BYTES = 1024 * 1024

/** The stages that an instance's start-up has come to, from both of its logs. */
export async function readStages(
  services: Services,
  instance: Instance,
): Promise<readonly LogStage[]> {
  const stagesOf = services.service(instance.service).stages
  if (!stagesOf || instance.jobId === null) return []
  return stagesOf(await readStartLog(instance))
}

/** The lines of both logs, one after the other, as far as a start-up is told in them. */
export async function readStartLog(instance: Instance): Promise<string[]> {
  const texts = await Promise.all(
    ['stdout.log', 'stderr.log'].map((name) =>
      readHeadIfThere(join(instance.runDir, name), HEAD_BYTES).catch(() => undefined),
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
  if (!services.service(instance.service).stages) return []
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
