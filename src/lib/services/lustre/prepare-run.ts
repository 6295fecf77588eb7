import { join } from 'node:path'
import { writeRunPlan, type RunPlan } from '../../instrument/filesystem/run-plan.js'
import type { Context, Place, Preparation } from '../../jobs/contract.js'
import { shellLine } from '../../platform/command-line.js'
import { UsageError } from '../../platform/errors.js'
import { isFolder, readTextIfThere, sha256OfFile, writeAtomically } from '../../platform/files.js'
import { usableDirectory } from './directory.js'
import { describeFileSystem } from './file-system.js'
import { iniOf, type RunIni } from './ini-of.js'
import { LAYOUT_FILE } from './job/layout.js'
import { dataDirOf } from './left-over.js'
import type { LustreOptions } from './options.js'
import { foretold } from './preflight.js'
import { findTool, type SeenProgram } from './program.js'

/** Ranks are told, waited for and cleaned up after. */
const STOP_DEADLINE = { AIBENCH_STOP_DEADLINE_S: '28' }

/** A run of io500, IOR or mdtest. */
export async function prepareRun(
  context: Context,
  options: LustreOptions,
  place: Place,
  id: string,
): Promise<Preparation> {
  const { runDir, scheduler, resources } = place
  const { nodes } = resources
  const task = options.task as RunPlan['task']
  const tasks = options.procs ?? nodes * (options.tasksPerNode ?? 1)
  const seen = await findTool(context, options, task)
  const ini = task === 'io500' ? await iniOf(options, seen, { nodes, tasks }) : null
  const { dir, fileSystem } = await usableDirectory(context, options.dir)
  const { kind, name } = fileSystem
  const { repeats, layout, strict, args } = options
  await copyLayout(runDir, layout)
  if (ini) await writeAtomically(join(runDir, 'config.ini'), ini.text)
  const plan: RunPlan = {
    ...{ id, task, args: [...args], scheduler, nodes, tasks, repeats, dir, layout, strict },
    program: await programOf(seen),
    ini: ini?.name ?? null,
    preset: ini?.preset ?? null,
    stonewallSeconds: ini?.stonewallSeconds ?? null,
    dataDir: dataDirOf(dir, id),
    fileSystem: { kind, name },
    launcherMemory: join(context.environment.stateDir, 'launchers.json'),
  }
  const warnings = [
    ...(ini?.warnings ?? []),
    ...(seen.program.trouble
      ? [`the program was not looked at here: ${seen.program.trouble}`]
      : []),
    ...(await foretold(context, plan, ini, place, options.force)),
  ]
  await writeRunPlan(runDir, plan)
  return {
    environment: {
      ...STOP_DEADLINE,
      ...apptainerOf(context, seen),
    },
    ...(seen.program.module ? { prologue: shellLine('module', 'load', seen.program.module) } : {}),
    description: describe(plan, ini, describeFileSystem(fileSystem)),
    warnings,
    provenance: { ...(plan.program.version ? { version: plan.program.version } : {}), plan },
  }
}

async function programOf({ program, look }: SeenProgram): Promise<RunPlan['program']> {
  const { path, image, module, isSeen } = program
  const file = image ?? (isSeen && path.includes('/') ? path : null)
  return {
    kind: image === null ? 'binary' : 'image',
    ...{ path, image, module },
    version: look?.version ?? null,
    sha256: file === null ? null : await sha256OfFile(file),
  }
}

function apptainerOf({ settings }: Context, { program }: SeenProgram): Record<string, string> {
  const command = settings.get('apptainer.command')
  return program.image !== null && command ? { AIBENCH_APPTAINER: command } : {}
}

/** The commands as they are now: the file may be another by the time that the job runs. */
async function copyLayout(runDir: string, layout: string): Promise<void> {
  if (/^(default|suggested)$/.test(layout)) return
  const text = (await isFolder(layout)) ? undefined : await readTextIfThere(layout)
  if (text === undefined)
    throw new UsageError(`There is no file ${layout} with a layout`, {
      code: 'AIB_NO_LAYOUT',
      hints: ['--layout suggested', '--layout default'],
    })
  await writeAtomically(join(runDir, LAYOUT_FILE), text)
}

function describe(plan: RunPlan, ini: RunIni | null, fileSystem: string): string {
  const { program, nodes, tasks, repeats, task, dir } = plan
  return [
    program.version ?? `${task} ${program.path}`,
    ini ? ini.name : plan.args.join(' '),
    `${tasks} ${tasks === 1 ? 'process' : 'processes'} on ${nodes === 1 ? 'one node' : `${nodes} nodes`}`,
    repeats > 1 && `${repeats} times`,
    `${dir}: ${fileSystem}`,
  ]
    .filter(Boolean)
    .join(' · ')
}
