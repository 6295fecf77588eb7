import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { UsageError } from '../../platform/errors.js'
import { parseDurationMs, parseWallTimeMs } from '../../platform/units.js'
import type { Resources, SchedulerKind } from '../../scheduler/contract.js'

/** Flags that several commands share. Every flag has an `AIBENCH_*` variable. */

export const nameArg = (service: string) =>
  Args.string({
    description: `name of the ${service} instance; optional while only one is running`,
  })

const where = { helpGroup: 'WHERE' } as const

export const schedulerFlags = {
  scheduler: Flags.string({
    ...where,
    summary: 'Run the job under Slurm or as local processes. Default: Slurm where sbatch is found.',
    options: ['slurm', 'local'],
    env: 'AIBENCH_SCHEDULER',
  }),
  account: Flags.string({
    ...where,
    char: 'A',
    summary: 'Bill this account.',
    env: 'AIBENCH_ACCOUNT',
  }),
  partition: Flags.string({
    ...where,
    char: 'p',
    summary: 'Submit to this partition.',
    env: 'AIBENCH_PARTITION',
  }),
  qos: Flags.string({
    ...where,
    char: 'q',
    summary: 'Use this quality of service.',
    env: 'AIBENCH_QOS',
  }),
  time: Flags.string({
    ...where,
    char: 't',
    summary:
      'Limit the wall time: 1h, 90m, 02:00:00; a bare number is minutes, as for sbatch. Default 1h.',
    env: 'AIBENCH_TIME',
  }),
  nodes: Flags.integer({
    ...where,
    summary: 'Use N nodes. Default 1.',
    min: 1,
    env: 'AIBENCH_NODES',
  }),
  'tasks-per-node': Flags.integer({
    ...where,
    summary: 'Start N tasks on each node.',
    min: 1,
    env: 'AIBENCH_TASKS_PER_NODE',
  }),
  'cpus-per-task': Flags.integer({
    ...where,
    summary: 'Give each task N CPUs.',
    min: 1,
    env: 'AIBENCH_CPUS_PER_TASK',
  }),
  mem: Flags.string({
    ...where,
    summary: 'Ask for this much memory on each node: 64G; 0 is all that a node has.',
    env: 'AIBENCH_MEM',
  }),
  constraint: Flags.string({
    ...where,
    summary: 'Require these node features.',
    env: 'AIBENCH_CONSTRAINT',
  }),
  reservation: Flags.string({
    ...where,
    summary: 'Use this reservation.',
    env: 'AIBENCH_RESERVATION',
  }),
  exclusive: Flags.boolean({
    ...where,
    summary: 'Allocate whole nodes.',
    env: 'AIBENCH_EXCLUSIVE',
  }),
  clusters: Flags.string({
    ...where,
    char: 'M',
    summary: 'Submit to this cluster, where one login node serves several.',
    env: 'AIBENCH_CLUSTERS',
  }),
  'sbatch-arg': Flags.string({
    ...where,
    summary: 'Pass another option to sbatch unchanged. Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
    env: 'AIBENCH_SBATCH_ARG',
  }),
}

interface SchedulerFlagValues {
  scheduler?: string
  account?: string
  partition?: string
  qos?: string
  time?: string
  nodes?: number
  'tasks-per-node'?: number
  'cpus-per-task'?: number
  mem?: string
  constraint?: string
  reservation?: string
  exclusive?: boolean
  clusters?: string
  'sbatch-arg'?: string[]
}

export function resourcesFrom(flags: SchedulerFlagValues): {
  scheduler?: SchedulerKind
  resources: Partial<Resources>
} {
  return {
    scheduler: flags.scheduler as SchedulerKind | undefined,
    resources: {
      account: flags.account,
      partition: flags.partition,
      qos: flags.qos,
      timeLimitMs: flags.time === undefined ? undefined : wallTimeFrom(flags.time),
      nodes: flags.nodes,
      tasksPerNode: flags['tasks-per-node'],
      cpusPerTask: flags['cpus-per-task'],
      memory: flags.mem === undefined ? undefined : memoryFrom(flags.mem),
      constraint: flags.constraint,
      reservation: flags.reservation,
      exclusive: flags.exclusive || undefined,
      clusters: flags.clusters,
      sbatchArgs: flags['sbatch-arg'],
    },
  }
}

export const waitFlags = (timeout: string) => ({
  wait: Flags.boolean({
    summary: 'Wait until it is ready.',
    env: 'AIBENCH_WAIT',
    helpGroup: 'WAITING',
  }),
  timeout: Flags.string({
    summary: 'Stop waiting after TIME.',
    default: timeout,
    env: 'AIBENCH_TIMEOUT',
    helpGroup: 'WAITING',
  }),
})

/** @throws UsageError naming the flag */
export function timeFrom(text: string, flag: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined) return ms
  throw new UsageError(`--${flag} must be a duration such as 30s, 10m or 1h30m, not "${text}"`)
}

function wallTimeFrom(text: string): number {
  const ms = parseWallTimeMs(text)
  if (ms !== undefined && ms > 0) return ms
  throw new UsageError(
    `--time must be a wall time such as 2h, 90m, 02:00:00 or 120 (minutes), not "${text}"`,
  )
}

function memoryFrom(text: string): string {
  if (/^\d+[KMGT]?$/i.test(text)) return text
  throw new UsageError(`--mem must be a size such as 64G or 512M, not "${text}"`)
}
