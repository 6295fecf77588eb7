import { dirname } from 'node:path'
import type { RunPlan } from '../../../instrument/filesystem/run-plan.js'

/** The ways in which ranks can be started, each as the command line that stands before the program. */
export interface Launcher {
  /** As it is remembered and told: `mpirun`, `srun --mpi=pmix`, `mpirun, MPI of the host in the image`. */
  name: string
  /** Before the program. */
  argv(ranks: Ranks): string[]
  /** How the program itself is started: in its image, or as it is. */
  program(plan: RunPlan, binds: readonly string[]): string[]
  env: Readonly<Record<string, string>>
}

export interface Ranks {
  nodes: number
  tasks: number
}

/** What there is on the first node. */
export interface Site {
  mpirun: string | null
  /** Open MPI and MPICH spell how many ranks a node gets differently. */
  mpirunKind: 'openmpi' | 'other'
  /** The plugins that `srun --mpi=list` names. */
  srunPlugins: readonly string[]
  apptainer: string | null
}

/** The one that worked last comes first. Source: Open MPI's documentation on Slurm, and SchedMD's MPI guide. */
export function launchersFor(site: Site, plan: RunPlan, remembered?: string): Launcher[] {
  const isHere = plan.scheduler === 'local'
  const starters = [
    ...(site.mpirun ? [mpirun(site, site.mpirun, isHere)] : []),
    ...sruns(site),
    ...(plan.tasks === 1 ? [alone] : []),
  ]
  const modes = plan.program.kind === 'image' ? [inImage(site), inImageWithHost(site)] : [asItIs]
  const all = modes.flatMap((mode) =>
    starters.map((starter): Launcher => ({
      name: [starter.name, mode.name].filter(Boolean).join(', '),
      argv: starter.argv,
      program: mode.program,
      env: mode.env,
    })),
  )
  return [
    ...all.filter(({ name }) => name === remembered),
    ...all.filter(({ name }) => name !== remembered),
  ]
}

interface Starter {
  name: string
  argv(ranks: Ranks): string[]
}

interface Mode {
  name: string
  program: Launcher['program']
  env: Readonly<Record<string, string>>
}

const perNode = ({ nodes, tasks }: Ranks) => Math.ceil(tasks / nodes)

/** An MPI program that nobody launched is one process of one. */
const alone: Starter = { name: 'the program by itself', argv: () => [] }

/** One machine may have more processes than cores, where nobody else has asked for the cores. */
function mpirun({ mpirunKind }: Site, path: string, isHere: boolean): Starter {
  return {
    name: 'mpirun',
    argv: (ranks) => [
      path,
      ...['-np', `${ranks.tasks}`],
      ...(mpirunKind === 'openmpi'
        ? ['--map-by', `ppr:${perNode(ranks)}:node`, ...(isHere ? ['--oversubscribe'] : [])]
        : ['-ppn', `${perNode(ranks)}`]),
    ],
  }
}

/** `-u`: without it the output comes when all is over. A user's --cpus-per-task does not come to srun by itself. */
function sruns({ srunPlugins }: Site): Starter[] {
  return ['pmix', 'pmi2']
    .filter((plugin) => srunPlugins.includes(plugin))
    .map((plugin) => ({
      name: `srun --mpi=${plugin}`,
      argv: (ranks) => [
        ...['srun', `--mpi=${plugin}`, '-u', '--overlap', '--mem=0', '--gres=none'],
        ...[`--nodes=${ranks.nodes}`, `--ntasks=${ranks.tasks}`],
        ...[`--ntasks-per-node=${perNode(ranks)}`, '--kill-on-bad-exit=1', '--export=ALL'],
      ],
    }))
}

const asItIs: Mode = { name: '', program: ({ program }) => [program.path], env: {} }

/** The MPI of the image, started by that of the host. User namespaces keep UCX from copying between processes: it is told to leave that. */
function inImage({ apptainer }: Site): Mode {
  return {
    name: 'MPI of the image',
    program: ({ program }, binds) => [
      ...[apptainer ?? 'apptainer', 'exec', ...bound(binds)],
      ...[program.image ?? '', program.path],
    ],
    env: { APPTAINERENV_OMPI_MCA_btl_vader_single_copy_mechanism: 'none' },
  }
}

/** The MPI of the host, seen in the image at its own place. */
function inImageWithHost(site: Site): Mode {
  const home = site.mpirun === null ? '/usr' : dirname(dirname(site.mpirun))
  return {
    name: 'MPI of the host',
    program: ({ program }, binds) => [
      ...[site.apptainer ?? 'apptainer', 'exec', ...bound([...binds, home])],
      ...[program.image ?? '', program.path],
    ],
    env: { APPTAINERENV_LD_LIBRARY_PATH: `${home}/lib:${home}/lib64` },
  }
}

/** `--mount` takes any path; in `--bind` a comma or a colon ends it. */
function bound(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    const quoted = folder.replaceAll('"', '""')
    return /[,:]/.test(folder)
      ? ['--mount', `type=bind,"src=${quoted}","dst=${quoted}"`]
      : ['--bind', folder]
  })
}
