import { alike, type ValuesOf } from '../../options/set.js'
import { choice, integer, path, text, texts, toggle } from '../../options/types.js'

/** What a job of this kind does: it holds its nodes for others, runs a program, or removes what one has left. */
export const TASKS = ['hold', 'io500', 'ior', 'mdtest', 'clean'] as const
export type Task = (typeof TASKS)[number]

/** Said by the command or worked out, and by no flag of ours. */
const taskOptions = alike(
  { flag: null, env: null },
  {
    task: choice(TASKS, { summary: 'What the job does.', default: 'hold' }),
    tasksPerNode: integer({ min: 1, summary: 'Processes on each node.' }),
    /** Of a clean-up. */
    cleans: path({ summary: 'The run directory of the run whose test files are removed.' }),
  },
)

/** Where files go. Of everything that touches the file system. */
export const directoryOptions = alike(
  { group: 'FILE SYSTEM' },
  {
    dir: path({
      summary:
        'Use the file system of this directory; test files go into a directory of their own in it. Default: here.',
      setting: 'lustre.dir',
    }),
  },
)

/** Which program it is: the user's own. */
export const programOptions = alike(
  { group: 'PROGRAM' },
  {
    io500: path({
      helpValue: 'BINARY',
      summary: 'Run this io500 program. Default: io500 on PATH.',
      setting: 'lustre.io500',
      // Which of the three are meant is decided for all of them at once.
      isSettledLater: true,
    }),
    image: path({
      helpValue: 'FILE.sif',
      summary: 'Run the io500 of this Apptainer image.',
      setting: 'lustre.image',
      isSettledLater: true,
    }),
    module: text({
      summary: 'Load this environment module first, for the program and its MPI.',
      setting: 'lustre.module',
      isSettledLater: true,
    }),
  },
)

/** How it is run, whichever program it is. */
export const launchOptions = alike(
  { group: 'BENCHMARK' },
  {
    procs: integer({
      min: 1,
      summary: 'Start N processes in all. Default: the nodes times --tasks-per-node.',
    }),
    layout: text({
      helpValue: 'default|suggested|FILE',
      summary:
        'Lay the directories out before the run: as their parent says, as IO500 suggests, or with the lfs commands of FILE.',
      default: 'default',
    }),
    repeats: integer({ min: 1, summary: 'Run it N times, one after the other.', default: 1 }),
    force: toggle({
      summary: 'Go ahead even if the estimate says that space, files or time will not suffice.',
      env: null,
    }),
  },
)

/** Of IO500 alone. */
export const io500Options = alike(
  { group: 'BENCHMARK' },
  {
    ini: path({ summary: 'Run with this ini file.' }),
    preset: choice(['debug', 'quick', 'full', 'scc', 'submission'], {
      summary: 'Run with an ini file made for this purpose. Default quick.',
      setting: 'lustre.preset',
    }),
    strict: toggle({ summary: 'End with exit code 6 when the result is invalid.' }),
  },
)

/** Of IOR and mdtest alone: their own arguments. */
const passedOptions = alike({ flag: null, env: null }, { args: texts({ summary: 'Arguments.' }) })

/** Number of tasks where neither a flag nor a plan says one. */
export const lustreSettings = alike(
  { flag: null },
  {
    tasksPerNode: integer({
      min: 1,
      summary: 'Processes on each node (--tasks-per-node)',
      setting: 'lustre.tasks-per-node',
    }),
  },
)

/** Of `lustre io500`. */
export const io500RunOptions = {
  ...directoryOptions,
  ...programOptions,
  ...io500Options,
  ...launchOptions,
}

/** Of `lustre ior` and `lustre mdtest`. */
export const toolRunOptions = { ...directoryOptions, ...programOptions, ...launchOptions }

/** Of `lustre start`. */
export const holdOptions = { ...directoryOptions, ...programOptions }

/** All that is kept with an instance. */
export const lustreOptions = { ...taskOptions, ...io500RunOptions, ...passedOptions }

export type LustreOptions = ValuesOf<typeof lustreOptions>
