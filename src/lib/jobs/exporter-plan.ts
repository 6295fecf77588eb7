import { join } from 'node:path'
import { EXPORTER_PLAN, type ExporterPlan } from '../platform/exporter-files.js'
import { writeAtomically, writeJson } from '../platform/files.js'
import type { Instance } from '../state/schema.js'
import type { Context } from './contract.js'

/** It needs a tenth of it; what goes wrong in it must not take the memory of the server. */
const MOST_MIB = 128

/**
 * What the exporter of a job has to do, and the command of it, a word a line, for the script to run with its node and address. A service
 * that keeps figures itself has none beside it.
 */
export async function writeExporterPlan(
  context: Pick<Context, 'environment' | 'service'>,
  { service: kind, scheduler, options, runDir }: Instance,
): Promise<void> {
  const service = context.service(kind)
  if ('figures' in service) return
  const members = service.shape === 'serving' ? service.members(options) : []
  const plan: ExporterPlan = {
    listen: scheduler === 'local' ? 'loopback' : 'node',
    members: Object.fromEntries(
      members.flatMap(({ name, metrics, secret = null }) =>
        metrics ? [[name, { path: metrics.path, secret }]] : [],
      ),
    ),
  }
  await writeJson(join(runDir, EXPORTER_PLAN), plan)
  const program = join(context.environment.installDir, 'dist', 'exporter.js')
  const words = [process.execPath, `--max-old-space-size=${MOST_MIB}`, program]
  await writeAtomically(join(runDir, 'exporter'), words.map((word) => `${word}\n`).join(''))
}
