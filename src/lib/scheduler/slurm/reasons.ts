import type { Reason } from '../contract.js'

/**
 * Why a job waits, in plain words, with what can be done. `hopeless` is only what can't change without another request or an
 * administrator. Source: squeue(1), JOB REASON CODES, and slurm_resource_info of 22.05 to 26.05.
 */
type Meaning = Omit<Reason, 'raw'>

const waits = (plain: string, next?: string): Meaning => ({ plain, next, hopeless: false })
const never = (plain: string, next?: string): Meaning => ({ plain, next, hopeless: true })

const LESS_TIME = 'request less time (--time)'
const FEWER_NODES = 'request fewer nodes (--nodes)'
const OWN_LIMITS = 'sacctmgr show assoc user=$USER format=account,qos,maxjobs,maxsubmit,grptres'

const REASONS: Readonly<Record<string, Meaning>> = {
  None: waits('the scheduler has not looked at it yet'),
  Priority: waits('other jobs come first'),
  Resources: waits('nodes are busy'),
  JobHeldUser: waits(
    'it is held by its owner',
    'aibench status   # releases a submission that was cut off',
  ),
  JobHeldAdmin: never('an administrator holds it', 'ask the support of the site'),
  BeginTime: waits('its begin time has not come'),
  Dependency: waits('it waits for another job'),
  DependencyNeverSatisfied: never('the job that it waits for will never end as it should'),
  PartitionTimeLimit: never('the time asked for is over the partition’s limit', LESS_TIME),
  PartitionNodeLimit: never('the number of nodes is outside the partition’s limits', FEWER_NODES),
  PartitionConfig: never('the partition can’t give what is asked for', FEWER_NODES),
  PartitionDown: waits('the partition is down', 'sinfo -s'),
  PartitionInactive: waits('the partition takes no jobs now', 'sinfo -s'),
  BadConstraints: never('no node has what is asked for', 'sinfo -o "%N %f %G"'),
  ReqNodeNotAvail: waits('a node asked for is down, drained or reserved', 'sinfo -R'),
  NodeDown: waits('a node asked for is down', 'sinfo -R'),
  Reservation: waits('its reservation has not begun', 'scontrol show reservation'),
  ReservationDeleted: never('its reservation is gone', 'scontrol show reservation'),
  Licenses: waits('licences are in use', 'scontrol show lic'),
  Cleaning: waits('its earlier run is being cleaned up'),
  Prolog: waits('its node is being prepared'),
  NodeInitialization: waits('its node is being prepared'),
  InvalidAccount: never('the account is not known', 'choose another account (--account)'),
  InvalidQOS: never('the QoS is not known', 'choose another QoS (--qos)'),
  AccountNotAllowed: never(
    'this account may not use the partition',
    'choose another account (--account)',
  ),
  AccountingPolicy: waits('a limit of your account is reached', OWN_LIMITS),
  AssocMaxJobsLimit: waits('your account runs as many jobs as it may', 'squeue --me'),
  AssocGrpNodeLimit: waits('your account uses as many nodes as it may', OWN_LIMITS),
  AssocGrpCpuLimit: waits('your account uses as many cores as it may', OWN_LIMITS),
  AssocGrpGRES: waits('your account uses as many GPUs as it may', OWN_LIMITS),
  AssocGrpCPUMinutesLimit: never(
    'your account’s node-hours are used up',
    'request more hours from the site',
  ),
  AssocGrpBillingMinutes: never(
    'your account’s node-hours are used up',
    'request more hours from the site',
  ),
  AssocMaxNodePerJobLimit: never('a job of your account may not have as many nodes', FEWER_NODES),
  AssocMaxWallDurationPerJobLimit: never('a job of your account may not last as long', LESS_TIME),
  QOSNotAllowed: never('the QoS is not allowed on this partition', 'choose another QoS (--qos)'),
  QOSMaxJobsPerUserLimit: waits('you run as many jobs as the QoS allows', 'squeue --me'),
  QOSMaxSubmitJobPerUserLimit: waits(
    'you have as many jobs in the QoS as it allows',
    'squeue --me',
  ),
  QOSGrpNodeLimit: waits('the QoS uses as many nodes as it may'),
  QOSGrpCpuLimit: waits('the QoS uses as many cores as it may'),
  QOSMaxCpuPerUserLimit: waits('you use as many cores as the QoS allows', 'squeue --me'),
  QOSMaxNodePerUserLimit: waits('you use as many nodes as the QoS allows', 'squeue --me'),
  QOSMaxNodePerJobLimit: never('the number of nodes is over what the QoS allows', FEWER_NODES),
  QOSMaxGRESPerUser: waits('you use as many GPUs as the QoS allows', 'squeue --me'),
  QOSMaxWallDurationPerJobLimit: never('the time asked for is over what the QoS allows', LESS_TIME),
  QOSMinCpuNotSatisfied: never('the QoS wants larger jobs', 'choose another QoS (--qos)'),
  QOSMinGRES: never('the QoS wants GPUs to be asked for', 'choose another QoS (--qos)'),
  QOSUsageThreshold: waits('your use is over the QoS’s threshold'),
  JobArrayTaskLimit: waits('the array runs as many tasks as it may'),
  MaxMemPerLimit: never('the memory asked for is over the limit', 'request less memory'),
  MaxRequeueExceeded: never('it was requeued too often', 'see its log'),
  launch_failed_requeued_held: never('its start failed and it was held', 'see its log'),
  TimeLimit: waits('the time limit was reached'),
  NonZeroExitCode: waits('it ended with an error'),
  RaisedSignal: waits('it was ended by a signal'),
  OutOfMemory: waits('it went over its memory'),
  NodeFail: waits('its node failed'),
  JobLaunchFailure: waits('its start failed'),
}

/**
 * @param raw as squeue's %r says it; `ReqNodeNotAvail, UnavailableNodes:mel1` is known by its first word
 * @returns undefined for a job with nothing to say (`None`, empty)
 */
export function explainReason(raw: string): Reason | undefined {
  const word = raw.replace(/^\(|\)$/g, '').split(/[,: ]/)[0]
  if (word === '' || word === 'None') return undefined
  const known = REASONS[word] ?? familyOf(word)
  return { raw, ...(known ?? waits(`Slurm says ${raw}`, 'man squeue   # JOB REASON CODES')) }
}

/** The names of limits follow a pattern; new ones appear with every release. */
function familyOf(word: string): Meaning | undefined {
  const whose = word.startsWith('Assoc') ? 'your account' : word.startsWith('QOS') ? 'the QoS' : ''
  if (!whose) return undefined
  if (/PerJob|WallDuration/.test(word)) return never(`the job asks for more than ${whose} allows`)
  if (/Minutes/.test(word))
    return never(`the hours of ${whose} are used up`, 'request more hours from the site')
  return waits(`a limit of ${whose} is reached`, 'squeue --me')
}

export const KNOWN_REASONS: readonly string[] = Object.keys(REASONS)
