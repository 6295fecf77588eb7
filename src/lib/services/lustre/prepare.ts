import { join } from 'node:path'
import type { Context, Place, Preparation } from '../../jobs/contract.js'
import { UsageError } from '../../platform/errors.js'
import { writeAtomically } from '../../platform/files.js'
import { usableDirectory } from './directory.js'
import { describeFileSystem } from './file-system.js'
import { writeHoldPlan } from './hold-plan.js'
import { runIdOf } from './left-over.js'
import type { LustreOptions } from './options.js'
import { prepareRun } from './prepare-run.js'

/** Decides all that can be decided before the queue, and writes it down for the job: `plan.json`, `config.ini`, `layout.sh`. */
export async function prepareLustre(
  context: Context,
  options: LustreOptions,
  place: Place,
): Promise<Preparation> {
  if (place.scheduler === 'local' && place.resources.nodes > 1)
    throw new UsageError('Several nodes need Slurm; this machine is one')
  const id = runIdOf(place.runDir)
  if (options.task === 'hold') return prepareHold(context, options, place, id)
  if (options.task === 'clean') return prepareClean(context, options, place)
  await writeCommand(context, place, ['drive', place.runDir])
  return prepareRun(context, options, place, id)
}

async function prepareHold(
  context: Context,
  options: LustreOptions,
  place: Place,
  id: string,
): Promise<Preparation> {
  const { scheduler, resources } = place
  const { dir, fileSystem } = await usableDirectory(context, options.dir)
  const { kind, name } = fileSystem
  const { nodes } = resources
  await writeHoldPlan(place.runDir, { id, dir, scheduler, nodes, fileSystem: { kind, name } })
  await writeCommand(context, place, ['hold', place.runDir])
  return {
    environment: { AIBENCH_HOLD: '1' },
    description: `holds ${nodes === 1 ? 'one node' : `${nodes} nodes`} · ${dir} · ${describeFileSystem(fileSystem)}`,
    provenance: { dir, fileSystem: name },
  }
}

async function prepareClean(
  context: Context,
  { cleans }: LustreOptions,
  place: Place,
): Promise<Preparation> {
  const { runDir, resources } = place
  await writeCommand(context, place, ['clean-up', runDir, cleans!, `${resources.nodes}`])
  return { environment: {}, description: 'removes test files', provenance: { cleans } }
}

async function writeCommand(
  { environment }: Context,
  { runDir }: Place,
  words: readonly string[],
): Promise<void> {
  const program = join(environment.installDir, 'dist', 'filesystem.js')
  const command = [process.execPath, program, ...words]
  await writeAtomically(join(runDir, 'command'), command.map((word) => `${word}\n`).join(''))
}
