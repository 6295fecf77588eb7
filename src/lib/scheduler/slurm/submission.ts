import { join } from 'node:path'
import { formatSlurmTime } from '../../platform/units.js'
import { jobNameOf, type JobSpec, type Resources, type StepPlace } from '../contract.js'
import { readSbatchArgs } from './sbatch-args.js'
import { gpusOfSbatchArgs } from '../gpus.js'
import { warningS } from '../warning.js'

/** slurmctld looks at time limits this seldom (PERIODIC_TIMEOUT) and rather sends the warning too early. */
const EARLY_S = 30
/** A shorter job would be told to end soon after it began: its limit ends it. */
const SHORTEST_WARNED_MS = 5 * 60_000

/** From when on, before its time limit, a job may have been told to end. After the limit Slurm has KillWait more before it kills. */
export function warningMs(job: Pick<Resources, 'timeLimitMs' | 'endsWithinS'>): number {
  return job.timeLimitMs > SHORTEST_WARNED_MS ? (warningS(job) + EARLY_S) * 1000 : 0
}

/** Every option is on the command line: whatever the shell or a site's defaults say, this is what is asked for. */
export function submissionArgs(job: JobSpec): string[] {
  const { resources, runDir } = job
  const { comment = job.token } = readSbatchArgs(resources.sbatchArgs)
  return [
    '--parsable',
    '--hold',
    `--job-name=${jobNameOf(job)}`,
    `--comment=${comment}`,
    `--chdir=${runDir}`,
    `--output=${escapePattern(join(runDir, 'stdout.log'))}`,
    `--error=${escapePattern(join(runDir, 'stderr.log'))}`,
    '--open-mode=append',
    '--no-requeue',
    // Of the environment that sbatch is run in, which holds what a job inherits and nothing else.
    '--export=ALL',
    ...(resources.timeLimitMs > SHORTEST_WARNED_MS
      ? [`--signal=B:USR1@${warningS(resources)}`]
      : []),
    ...placementArgs(resources),
    join(runDir, 'job.sh'),
    runDir,
  ]
}

/** Where and how long: the same words for sbatch and srun. */
export function placementArgs(resources: Resources): string[] {
  const option = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [`--${name}=${value}`]
  return [
    `--time=${formatSlurmTime(resources.timeLimitMs)}`,
    `--nodes=${resources.nodes}`,
    // A script that goes to several nodes starts one task on each, whatever the site's default is.
    ...option('ntasks-per-node', resources.tasksPerNode ?? (resources.nodes > 1 ? 1 : undefined)),
    ...gpuArgs(resources),
    ...option('cpus-per-task', resources.cpusPerTask),
    ...option('mem', resources.memory),
    ...option('account', resources.account),
    ...option('partition', resources.partition),
    ...option('qos', resources.qos),
    ...option('constraint', resources.constraint),
    ...option('reservation', resources.reservation),
    ...(resources.exclusive ? ['--exclusive'] : []),
    ...option('clusters', clustersOf(resources)),
    ...readSbatchArgs(resources.sbatchArgs).passed,
  ]
}

/** Where in an allocation a step runs, without anything of its own: with GPUs or memory it would wait for the job's to be free. */
export function stepArgs({ nodes = 1, tasks = nodes, onNode }: StepPlace): string[] {
  return [
    ...['--overlap', `--nodes=${nodes}`, `--ntasks=${tasks}`],
    ...(tasks > nodes ? [`--ntasks-per-node=${Math.ceil(tasks / nodes)}`] : []),
    ...['--mem=0', '--gres=none', '--quiet', '--export=ALL'],
    ...(onNode === undefined ? [] : [`--relative=${onNode}`]),
  ]
}

/** Where the user wants it; undefined: wherever jobs go by default. */
export function clustersOf({
  clusters,
  sbatchArgs,
}: Pick<Resources, 'clusters' | 'sbatchArgs'>): string | undefined {
  return readSbatchArgs(sbatchArgs).clusters ?? clusters
}

/** In one spelling: two of them exclude each other, and the user's own options say it already where they do. */
function gpuArgs(resources: Resources): string[] {
  const { gpusPerNode, gpuType, gres, sbatchArgs = [] } = resources
  if (gpusOfSbatchArgs(sbatchArgs, resources)) return []
  if (gres) return [`--gres=${gres}`]
  return gpusPerNode ? [`--gpus-per-node=${gpuType ? `${gpuType}:` : ''}${gpusPerNode}`] : []
}

/** `%` begins a pattern in sbatch's file names. */
function escapePattern(path: string): string {
  return path.replaceAll('%', '%%')
}

export interface SubmittedId {
  id: string
  cluster: string | undefined
  /** It is all that sbatch said; else it was picked out of other text, and has to be proven. */
  isPlain: boolean
}

/**
 * `1234` or `1234;cluster`, as --parsable prints it; around it there may be a site's banner, and a wrapper may have dropped the option.
 * @returns candidates, the likeliest first
 */
export function parseSubmittedIds(stdout: string): SubmittedId[] {
  const lines = stdout
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean)
  const parsable = lines.flatMap((line) => {
    const match = /^(\d+)(?:;(\S+))?$/.exec(line)
    return match ? [{ id: match[1], cluster: match[2], isPlain: lines.length === 1 }] : []
  })
  const sentences = lines.flatMap((line) => {
    const match = /Submitted batch job (\d+)(?: on cluster (\S+))?/.exec(line)
    return match ? [{ id: match[1], cluster: match[2], isPlain: false }] : []
  })
  return [...parsable.reverse(), ...sentences.reverse()]
}
