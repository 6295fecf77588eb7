import { resolve } from 'node:path'
import type { Asked, Context } from '../../jobs/contract.js'
import { UsageError } from '../../platform/errors.js'
import { coresHere } from '../../platform/machine.js'
import type { LustreOptions } from './options.js'
import { chooseProgram } from './program.js'

/** Of a node whose cores are not known here. */
const USUAL_TASKS_PER_NODE = 16
/** More of them say little on one machine, and Open MPI starts no more processes than there are cores. */
const MOST_TASKS_HERE = 4

/** Paths as every folder sees them; the program that is meant; how many processes each node gets. */
export async function completeLustre(
  { environment: { cwd }, settings }: Context,
  options: LustreOptions,
  asked: Asked,
): Promise<LustreOptions> {
  const { ini, preset, procs } = options
  if (ini !== null && preset !== null)
    throw new UsageError('--ini and --preset exclude each other', {
      hints: ['--ini FILE', '--preset quick'],
    })
  const full = (path: string | null) => (path === null ? null : resolve(cwd, path))
  // What was said of the allocation holds for what runs in it.
  const held: Partial<LustreOptions> = asked.holder?.instance.options ?? {}
  const isNamed = [options.io500, options.image, options.module].some((one) => one !== null)
  const program = chooseProgram(isNamed ? options : { ...options, ...programIn(held) }, settings)
  const { tasksPerNode, nodes = asked.holder?.instance.nodes ?? 1 } = asked.resources
  if (procs !== null && tasksPerNode !== undefined && procs > tasksPerNode * nodes)
    throw new UsageError(
      `--procs ${procs} are more than ${nodes} nodes × ${tasksPerNode} tasks: ${nodes * tasksPerNode}`,
    )
  if (procs !== null && procs < nodes)
    throw new UsageError(`--procs ${procs} leaves some of the ${nodes} nodes without a process`, {
      hints: [`--nodes ${procs}`, `--procs ${nodes}`],
    })
  const few = asked.scheduler === 'local' ? Math.min(coresHere(), MOST_TASKS_HERE) : undefined
  const usual = Number(settings.get('lustre.tasks-per-node')) || (few ?? USUAL_TASKS_PER_NODE)
  return {
    ...options,
    ...program,
    dir: resolve(cwd, options.dir ?? held.dir ?? '.'),
    ini: full(ini),
    layout: /^(default|suggested)$/.test(options.layout) ? options.layout : full(options.layout)!,
    tasksPerNode:
      tasksPerNode ??
      (procs === null ? undefined : Math.ceil(procs / nodes)) ??
      asked.holder?.instance.tasksPerNode ??
      usual,
  }
}

function programIn({ io500, image, module }: Partial<LustreOptions>) {
  return io500 || image || module ? { io500, image, module } : {}
}
