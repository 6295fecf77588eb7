import { UsageError } from '../platform/errors.js'
import * as v from 'valibot'
import { option } from '../options/option.js'
import { alike } from '../options/set.js'
import {
  choice,
  duration,
  integer,
  path,
  size,
  text,
  texts,
  toggle,
  wallTime,
} from '../options/types.js'

/** What every start can be told, whichever service it is of. */

export const schedulerOptions = alike(
  { group: 'WHERE', env: 'shared' },
  {
    scheduler: choice(['slurm', 'local'], {
      summary:
        'Run the job under Slurm or as local processes. Default: Slurm where sbatch is found.',
      setting: 'scheduler',
      isSettledLater: true,
    }),
  },
)

/** The fields of {@link Resources} that a user names. */
export const resourceOptions = alike(
  { group: 'WHERE', env: 'shared' },
  {
    account: text({ char: 'A', summary: 'Bill this account.', setting: 'slurm.account' }),
    partition: text({
      char: 'p',
      summary: 'Submit to this partition.',
      setting: 'slurm.partition',
      completes: 'partition',
    }),
    qos: text({ char: 'q', summary: 'Use this quality of service.', setting: 'slurm.qos' }),
    timeLimitMs: wallTime({
      flag: 'time',
      char: 't',
      summary:
        'Limit the wall time: 1h, 90m, 02:00:00; a bare number is minutes, as for sbatch. Default 1h, or as long as the job is known to take.',
      setting: 'slurm.time',
    }),
    nodes: integer({ min: 1, summary: 'Use N nodes. Default 1.' }),
    tasksPerNode: integer({ min: 1, summary: 'Start N tasks on each node.' }),
    cpusPerTask: integer({ min: 1, summary: 'Give each task N CPUs.' }),
    memory: size({
      flag: 'mem',
      summary: 'Ask for this much memory on each node: 64G; 0 is all that a node has.',
    }),
    constraint: text({ summary: 'Require these node features.', setting: 'slurm.constraint' }),
    reservation: text({ summary: 'Use this reservation.', setting: 'slurm.reservation' }),
    exclusive: toggle({ summary: 'Allocate whole nodes.' }),
    clusters: text({
      char: 'M',
      summary: 'Submit to this cluster, where one login node serves several.',
    }),
    sbatchArgs: texts({
      flag: 'sbatch-arg',
      summary: 'Pass another option to sbatch unchanged. Repeatable.',
    }),
  },
)

/** Of what can run in an allocation that is held already. */
export const guestOptions = alike(
  { group: 'WHERE', env: null },
  {
    in: text({
      helpValue: 'NAME',
      summary:
        'Run in the allocation that NAME holds; none: in a job of its own. Default: the one that this service holds, if any.',
      completes: 'instance',
    }),
  },
)

/** What a user adds to the environment of a job. */
export const jobSettingOptions = alike(
  { group: 'ENVIRONMENT OF THE JOB', env: 'shared' },
  {
    env: texts({
      helpValue: 'NAME[=VALUE]',
      summary: 'Set a variable for the job, or pass on this shell’s value; repeatable.',
      setting: 'env',
      // The flags add to it.
      isSettledLater: true,
    }),
    envFile: path({
      helpValue: 'FILE',
      summary: 'Read variables for the job from FILE: NAME=VALUE lines.',
      setting: 'env_file',
    }),
    prologue: path({
      helpValue: 'FILE',
      summary:
        'Source this bash script in the job before the server starts, for example to load modules.',
      setting: 'prologue',
    }),
    noMonitors: toggle({
      summary:
        'Run no metrics exporter in the job: monitors then have no metrics of it, and results no figures of GPUs on other nodes.',
    }),
    interface: option(
      {
        schema: v.string(),
        read(name, where) {
          if (/^(?:[A-Za-z][\w.@:-]{0,14}|\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?)$/.test(name))
            return name
          throw new UsageError(
            `${where} must be the name of an interface or a network, such as ib0 or 10.148.0.0/20, not "${name}"`,
          )
        },
      },
      {
        helpValue: 'NAME|CIDR',
        summary:
          'Listen on this interface or network of the node. Default: the one facing this host.',
        setting: 'interface',
      },
    ),
  },
)

export const waitOptions = (timeoutMs: number) =>
  alike(
    { group: 'WAITING', env: 'shared' },
    {
      wait: toggle({
        summary: 'Wait until it is ready; for a benchmark job, until it is done.',
      }),
      timeoutMs: duration({ summary: 'Stop waiting after TIME.', default: timeoutMs }),
    },
  )

/** Of `aibench status`. */
export const statusOptions = alike(
  { env: null },
  {
    all: toggle({
      char: 'a',
      summary: 'Also list every instance that has ended, not only the last few.',
    }),
    watch: toggle({ char: 'w', summary: 'Refresh every 15 s, until Ctrl-C.' }),
  },
)

/** Of `aibench wait`. */
export const untilOptions = {
  until: choice(['ready', 'ended'], {
    flag: 'for',
    summary: 'Wait for this.',
    default: 'ready',
    env: null,
  }),
  timeoutMs: duration({ summary: 'Stop waiting after TIME.', default: 1_800_000, env: 'shared' }),
}

/** Of `aibench state prune`. */
export const pruneOptions = alike(
  { env: null },
  {
    olderThanMs: duration({
      helpValue: 'TIME',
      summary: 'Forget those that ended longer ago than TIME.',
      default: 30 * 86_400_000,
    }),
    keep: integer({
      min: 0,
      helpValue: 'N',
      summary: 'Keep the newest N that ended, whatever their age.',
      default: 0,
    }),
    withRunDirectories: toggle({
      summary: 'Also remove their run directories: logs, results and all.',
    }),
    dryRun: toggle({ summary: 'Only show what would be removed.' }),
  },
)

/** What no flag says. */
export const siteSettings = alike(
  { flag: null },
  {
    tunnel: text({
      summary: 'Jump host of tunnel commands, for example me@login.example.org:8822.',
      setting: 'login.tunnel',
    }),
    apptainer: text({
      summary: 'apptainer or singularity, with its path.',
      setting: 'apptainer.command',
    }),
  },
)
