import { join } from 'node:path'
import type { Context, Place, Preparation } from '../../jobs/contract.js'
import { writeAtomically } from '../../platform/files.js'
import type { LustreOptions } from './options.js'

/** Decides all that can be decided before the queue, and writes it down for the job: `plan.json`, `config.ini`, `layout.sh`. */
export async function prepareLustre(
  { environment }: Context,
  options: LustreOptions,
  { runDir }: Place,
): Promise<Preparation> {
  const program = join(environment.installDir, 'dist', 'filesystem.js')
  const command = [process.execPath, program, 'drive', runDir]
  await writeAtomically(join(runDir, 'command'), command.map((word) => `${word}\n`).join(''))
  return { environment: {}, description: options.task, provenance: {} }
}
