import { join } from 'node:path'
import type { Environment } from '../../platform/environment.js'
import { EnvironmentError, SchedulerError } from '../../platform/errors.js'
import { nearest } from '../../platform/nearest.js'
import type { Finished } from '../../platform/processes.js'
import { formatDuration, formatSlurmTime } from '../../platform/units.js'
import type { JobSpec, Resources } from '../contract.js'
import { isDown, isStalled, messageOf } from './command.js'

/** The script is warned this long before the time limit; Slurm may send it up to a minute early. */
const WARN_S = 60

/** Every option is on the command line: whatever the shell or a site's defaults say, this is what is asked for. */
export function submissionArgs(job: JobSpec): string[] {
  const { resources, runDir } = job
  return [
    '--parsable',
    '--hold',
    `--job-name=aibench-${job.name}`,
    `--comment=${job.token}`,
    `--chdir=${runDir}`,
    `--output=${escapePattern(join(runDir, 'stdout.log'))}`,
    `--error=${escapePattern(join(runDir, 'stderr.log'))}`,
    '--open-mode=append',
    '--no-requeue',
    // Of the environment that sbatch is run in, which holds what a job inherits and nothing else.
    '--export=ALL',
    ...(resources.timeLimitMs > 5 * WARN_S * 1000 ? [`--signal=B:USR1@${WARN_S}`] : []),
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
    ...(resources.nodes > 1 ? ['--ntasks-per-node=1'] : []),
    ...option('gpus-per-node', resources.gpusPerNode || undefined),
    ...option('cpus-per-task', resources.cpusPerTask),
    ...option('account', resources.account),
    ...option('partition', resources.partition),
    ...option('qos', resources.qos),
    ...option('constraint', resources.constraint),
    ...option('reservation', resources.reservation),
    ...(resources.exclusive ? ['--exclusive'] : []),
    ...(resources.sbatchArgs ?? []),
  ]
}

/** `%` begins a pattern in sbatch's file names. */
function escapePattern(path: string): string {
  return path.replaceAll('%', '%%')
}

/** `1234` or `1234;cluster` on a line of its own: sites print banners before it. */
export function parseSubmittedId(stdout: string): string | undefined {
  return stdout
    .split('\n')
    .reverse()
    .find((line) => /^\d+(;\S+)?$/.test(line.trim()))
    ?.trim()
}

/** What sbatch's refusal means, in words, with the way out. Sources: sbatch's own messages, 22.05 to 26.05. */
export async function refusalOf(
  finished: Finished,
  job: JobSpec,
  environment: Environment,
  partitions: () => Promise<readonly string[]>,
): Promise<EnvironmentError | SchedulerError> {
  const message = messageOf(finished)
  const where = `sbatch: ${message}`
  const { resources } = job
  if (isStalled(finished))
    return new SchedulerError(
      'Slurm did not answer in time; the job may or may not have been accepted',
      {
        code: 'AIB_SUBMIT_UNCERTAIN',
        where,
        hints: ['aibench status   (finds the job by its token: nothing is doubled, nothing lost)'],
      },
    )
  if (isDown(finished))
    return new SchedulerError('Slurm’s controller can’t be reached; nothing was submitted', {
      code: 'AIB_SCHEDULER_DOWN',
      where,
      hints: ['scontrol ping', 'the same command again, later'],
    })
  const environmentError = (text: string, code: string, ...hints: string[]) =>
    new EnvironmentError(text, { code, where, hints })
  if (
    /partition/i.test(message) &&
    /invalid/i.test(message) &&
    !/account\/partition/i.test(message)
  ) {
    const known = await partitions()
    const wanted = resources.partition ?? ''
    const close = nearest(wanted, known)
    return environmentError(
      `There is no partition "${wanted}" here${close ? `; did you mean "${close}"?` : ''}`,
      'AIB_PARTITION_UNKNOWN',
      `partitions: ${known.join(' ')}`,
      ...(close ? [`aibench config set slurm.partition ${close}`] : []),
    )
  }
  // Names both account and QoS, and is about neither.
  if (/violates accounting/i.test(message))
    return environmentError(
      'A limit of your account or of the QoS is reached',
      'AIB_LIMIT',
      'squeue --me',
      'sacctmgr -n show qos format=name,maxwall,maxsubmitjobsperuser',
    )
  if (/account/i.test(message))
    return environmentError(
      `Slurm does not accept the account ${resources.account ? `"${resources.account}"` : '(none given)'} here`,
      'AIB_ACCOUNT',
      `sacctmgr -n show assoc user=${environment.user} format=account,partition,qos`,
      'aibench config set slurm.account NAME',
    )
  if (/qos specification/i.test(message))
    return environmentError(
      `Slurm does not accept the QoS ${resources.qos ? `"${resources.qos}"` : '(none given)'} here`,
      'AIB_QOS',
      'sacctmgr -n show qos format=name,maxwall',
      'aibench config set slurm.qos NAME',
    )
  if (/time limit/i.test(message))
    return environmentError(
      `The time asked for, ${formatDuration(resources.timeLimitMs)}, is over the limit`,
      'AIB_TIME_LIMIT',
      'sinfo -o "%P %l"',
      'ask for less: --time',
    )
  if (/node count|Node count|node configuration|More processors/i.test(message))
    return environmentError(
      `What is asked for (${resources.nodes} nodes) is not to be had here`,
      'AIB_NODES',
      'sinfo -o "%P %D %c %m %G"',
      'ask for less: --nodes',
    )
  return environmentError(`Slurm refused the job: ${message || 'no reason given'}`, 'AIB_REFUSED')
}
