import { aibench, shellLine, withRemark } from '../../platform/command-line.js'
import type { Environment } from '../../platform/environment.js'
import { EnvironmentError, SchedulerError } from '../../platform/errors.js'
import { nearest } from '../../platform/nearest.js'
import type { Finished } from '../../platform/processes.js'
import { formatDuration } from '../../platform/units.js'
import type { JobSpec } from '../contract.js'
import { isBroken, isDown, linesOf, messageOf } from './command.js'

/**
 * What can be concluded from an sbatch that gave no id. Only `refused` and `down` are a no; `unclear` is one when the controller, asked
 * again, does not have the job: a site's own words look like nothing that can be listed.
 */
export type Verdict = 'refused' | 'down' | 'unclear' | 'uncertain'

export function verdictOf(finished: Finished): Verdict {
  if (isDown(finished)) return 'down'
  if (isBroken(finished)) return 'uncertain'
  if (finished.exitCode === 0) return 'uncertain'
  const lines = linesOf(finished)
  const last = lines.at(-1) ?? ''
  if (CHECKS.has(last) || OPTION_ERRORS.some((pattern) => pattern.test(finished.stderr)))
    return 'refused'
  return lines.some((line) => /Unable to contact|Connection refused/i.test(line))
    ? 'uncertain'
    : 'unclear'
}

/**
 * Answers of slurmctld's own checks of a submission, after which there is no job: slurm_errno.c, numbers 2000 to 2190, as they are in
 * 22.05.8 and in 26.05 (the last five in 22.05 only).
 */
const CHECKS: ReadonlySet<string> = new Set([
  'Invalid partition name specified',
  'No partition specified or system default partition',
  'Access/permission denied',
  "User's group not permitted to use this partition",
  'Requested nodes not in this partition',
  'More processors requested than permitted',
  'Node count specification invalid',
  'MaxJobCount limit reached',
  'Job size specification needs to be provided',
  'Job script not specified',
  'Invalid user id',
  'Pathname of a file, directory or other parameter too long',
  'Requested node configuration is not available',
  'Requested partition configuration not available now',
  'Invalid node name specified',
  'I/O error writing script/environment to file',
  'Task distribution specification invalid',
  'Task count specification invalid',
  'Invalid feature specification',
  'Requested operation not supported on this system',
  'Requested operation is presently disabled',
  'Job dependency problem',
  'Only batch jobs are accepted or processed',
  'Memory required by task is not available',
  'Memory specification can not be satisfied',
  'Invalid account or account/partition combination specified',
  'Invalid license specification',
  "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
  'Requested time limit is invalid (missing or exceeds some limit)',
  'Access denied to requested reservation',
  'Requested reservation is invalid',
  'Requested reservation not usable now',
  'Invalid time specified',
  'Invalid wckey specification',
  'Job cannot be submitted without the current working directory specified.',
  'Invalid qos specification',
  'Required node not available (down, drained or reserved)',
  'CPU count specification invalid',
  'Required partition not available (inactive or drain)',
  'Invalid generic resource (gres) specification',
  'Invalid job array specification',
  'Burst Buffer permission denied',
  'Burst Buffer resource limit exceeded',
  'Burst Buffer request invalid',
  'Invalid mcs_label specified',
  'Partition in DOWN state',
  'Duplicate generic resource (gres) specification',
  'System submissions disabled',
  'Job --batch option is invalid or not a subset of --constraint',
  'Invalid Trackable RESource (TRES) specification',
  'Invalid GRES specification (with and without type identification)',
  'Requested GRES option unsupported by configured SelectType plugin',
  'Invalid --nice value',
  "Invalid time-min specification (exceeds job's time or other limits)",
  'Environment is missing in job',
  'Multiple partition job request not supported when a partition is set in the association',
  'Cannot request more threads per core than the job allocation',
  'Invalid preferred feature specification',
  'Invalid container id specified',
  'Invalid or unknown association',
  'Invalid QOS specification, relative QOS can only be used in a single partition per cluster.',
  'Invalid extra constraints specification',
  'Requested topology configuration is not available',
  'Current SwitchType does not permit arbitrary task distribution',
  'Job --batch option is invalid or not a subset of --constraints',
  'Requested more tasks than available processors',
  'Switch resources currently not available',
  'Unable to create job record, try again',
])

/** What sbatch says of its own command line and script, before it speaks to anybody. */
const OPTION_ERRORS = [
  /^sbatch: (unrecognized|invalid|ambiguous) option/m,
  /^sbatch: option .* (requires|is ambiguous|doesn't allow)/m,
  /^Try "sbatch --help" for more information/m,
  /^sbatch: (error|fatal): (Invalid|Unable to open file|Batch script)/m,
  /^sbatch: error: No cluster '.*' known by database/m,
]

/** What sbatch's refusal means, in words, with the way out. All lines count: a site says why before Slurm's last word. */
export async function refusalOf(
  finished: Finished,
  verdict: Verdict,
  job: JobSpec,
  environment: Environment,
  partitions: () => Promise<readonly string[]>,
): Promise<EnvironmentError | SchedulerError> {
  if (verdict === 'uncertain') return uncertain(messageOf(finished), job)
  const message = messageOf(finished)
  const matter = matterOf(linesOf(finished))
  const where = `sbatch: ${message}`
  const { resources } = job
  if (verdict === 'down')
    return new SchedulerError('Slurm’s controller can’t be reached; nothing was submitted', {
      code: 'AIB_SCHEDULER_DOWN',
      where,
      hints: ['scontrol ping', 'try again later'],
    })
  const refused = (text: string, code: string, ...hints: string[]) =>
    new EnvironmentError(text, { code, where, hints })
  if (matter === 'partition') {
    const known = await partitions()
    const wanted = resources.partition ?? ''
    const close = nearest(wanted, known)
    return refused(
      `There is no partition "${wanted}" here${close ? `; did you mean "${close}"?` : ''}`,
      'AIB_PARTITION_UNKNOWN',
      `partitions: ${known.join(' ')}`,
      ...(close ? [`--partition ${close}`] : []),
    )
  }
  if (matter === 'limit')
    return refused(
      'A limit of your account or of the QoS is reached',
      'AIB_LIMIT',
      'squeue --me',
      'sacctmgr -n show qos format=name,maxwall,maxsubmitjobsperuser',
    )
  if (matter === 'account')
    return refused(
      `Slurm does not accept the account ${resources.account ? `"${resources.account}"` : '(none given)'} here`,
      'AIB_ACCOUNT',
      `sacctmgr -n show assoc user=${environment.user} format=account,partition,qos`,
      'choose an account with --account; keep it with: aibench config set slurm.account',
    )
  if (matter === 'qos')
    return refused(
      `Slurm does not accept the QoS ${resources.qos ? `"${resources.qos}"` : '(none given)'} here`,
      'AIB_QOS',
      'sacctmgr -n show qos format=name,maxwall',
      'choose a QoS with --qos; keep it with: aibench config set slurm.qos',
    )
  if (matter === 'time')
    return refused(
      `The requested time, ${formatDuration(resources.timeLimitMs)}, is over the limit`,
      'AIB_TIME_LIMIT',
      'sinfo -o "%P %l"',
      'request less time (--time)',
    )
  if (matter === 'nodes')
    return refused(
      `${resources.nodes} such nodes are not available here`,
      'AIB_NODES',
      'sinfo -o "%P %D %c %m %G"',
      'request fewer nodes (--nodes)',
    )
  return new EnvironmentError(`Slurm refused the job: ${message}`, { code: 'AIB_REFUSED' })
}

type Matter = 'partition' | 'limit' | 'account' | 'qos' | 'time' | 'nodes'

/** The first that fits counts. A limit names account and QoS, and is about neither. */
const OF_SLURM: readonly [Matter, RegExp][] = [
  ['limit', /violates accounting/i],
  ['partition', /invalid partition|partition name/i],
  ['qos', /qos specification/i],
  ['account', /invalid account|unknown association/i],
  ['time', /time limit/i],
  ['nodes', /node count|node configuration|More processors/i],
]
/** A site's words about a QoS or a time name the project that may not have it. */
const OF_A_SITE: readonly [Matter, RegExp][] = [
  ['qos', /\bqos\b|quality of service/i],
  ['time', /time limit|wall-?\s?time/i],
  ['account', /\b(account|project)s?\b/i],
]
/** Their words are no reasons. */
const ADDRESSES = /\S+(:\/\/|@)\S+/g

/** What a refusal is about: Slurm's own line knows best; where it says nothing, the site's lines before it. */
function matterOf(lines: readonly string[]): Matter | undefined {
  const find = (text: string, all: readonly [Matter, RegExp][]) =>
    all.find(([, pattern]) => pattern.test(text))?.[0]
  const own = lines.filter((line) => CHECKS.has(line)).join('\n')
  return find(own, OF_SLURM) ?? find(lines.join('\n').replace(ADDRESSES, ' '), OF_A_SITE)
}

/** Kept, looked for, and never submitted again beside it. */
export function uncertain(said: string, job: JobSpec): SchedulerError {
  return new SchedulerError(
    'It is not known whether Slurm has accepted the job; it is looked for, and nothing is submitted twice',
    {
      code: 'AIB_SUBMIT_UNCERTAIN',
      where: said ? `sbatch: ${said}` : 'sbatch ended without an answer',
      hints: [
        withRemark(aibench('status'), 'finds the job when Slurm has it, and releases it'),
        shellLine('squeue', '--me', `--name=aibench-${job.name}`),
      ],
    },
  )
}
