import { join } from 'node:path'
import type { RunPlan } from '../../../instrument/filesystem/run-plan.js'
import { runBounded, type Bounded } from '../../../platform/children.js'
import { aibench } from '../../../platform/command-line.js'
import { EnvironmentError } from '../../../platform/errors.js'
import {
  findProgram,
  listNames,
  makePrivateDir,
  readTextIfThere,
  removeTree,
  writeAtomically,
  writeJson,
} from '../../../platform/files.js'
import { sayCommand, type JobContext } from './context.js'
import { launchersFor, type Launcher, type Site } from './launchers.js'
import { remember, rememberedLauncher } from './launcher-memory.js'

/**
 * Finds out how the ranks of this program can be started here. A wrong pairing of program and launcher makes no error: every process is
 * then rank 0 of 1, all write the same files, and the run says that it was fine. So a tiny run of the real program has to say that it is
 * as many processes as were asked for.
 */
export interface LauncherChoice {
  launcher: Launcher
  site: Site
}

/** `launcher.json`: what was tried, and which one it is. */
interface LauncherRecord {
  chosen: string | null
  remembered: string | null
  tried: Trial[]
}

interface Trial {
  name: string
  argv: string[]
  /** null: it works. */
  why: string | null
  seconds: number
}

const TRY_MS = 60_000

export async function chooseLauncher(
  context: JobContext,
  plan: RunPlan,
  runDir: string,
): Promise<LauncherChoice> {
  const site = await lookAtSite(context)
  const remembered = await rememberedLauncher(context, plan)
  const record: LauncherRecord = { chosen: null, remembered: remembered ?? null, tried: [] }
  const file = join(runDir, 'launcher.json')
  const hints: string[] = []
  for (const launcher of launchersFor(site, plan, remembered)) {
    context.stop.throwIfAborted()
    const { trial, hint } = await tryOut(context, plan, runDir, launcher)
    record.tried.push(trial)
    if (trial.why === null) {
      record.chosen = launcher.name
      await writeJson(file, record)
      await remember(context, plan, launcher.name)
      context.say(`launcher: ${launcher.name} starts ${ranksText(plan)}`)
      return { launcher, site }
    }
    context.say(`launcher: not ${launcher.name}: ${trial.why}`)
    if (hint) hints.push(...hint.filter((one) => !hints.includes(one)))
    await writeJson(file, record)
  }
  await writeJson(file, record)
  throw noneWorks(plan, record, hints)
}

async function lookAtSite({ environment }: JobContext): Promise<Site> {
  const find = async (...names: string[]) => {
    for (const name of names) {
      const found = await findProgram(name, environment.variables)
      if (found) return found
    }
    return null
  }
  const mpirun = await find('mpirun', 'mpiexec')
  const says = mpirun && (await runBounded([mpirun, '--version'], { timeoutMs: 10_000 })).stdout
  const inSlurm = environment.variables.SLURM_JOB_ID !== undefined
  const list = inSlurm ? await runBounded(['srun', '--mpi=list'], { timeoutMs: 10_000 }) : null
  return {
    mpirun,
    mpirunKind: says && /Open MPI|OpenRTE/i.test(says) ? 'openmpi' : 'other',
    srunPlugins: list === null ? [] : pluginsIn(`${list.stdout}\n${list.stderr}`),
    apptainer: environment.variables.AIBENCH_APPTAINER ?? (await find('apptainer', 'singularity')),
  }
}

/** `MPI plugin types are...` and a name a line; older ones put `srun: ` before each. */
export function pluginsIn(text: string): string[] {
  return [
    ...text.matchAll(/^(?:srun: )?\s*(pmix(?:_v\d+)?|pmi2|none|openmpi|cray_shasta)\s*$/gm),
  ].map(([, name]) => name)
}

async function tryOut(
  context: JobContext,
  plan: RunPlan,
  runDir: string,
  launcher: Launcher,
): Promise<{ trial: Trial; hint?: string[] }> {
  const scratch = join(plan.dir, `.aibench-launcher-${plan.id}`)
  await makePrivateDir(scratch)
  try {
    const tiny = await tinyRun(plan, scratch)
    const argv = [
      ...launcher.argv(plan),
      ...launcher.program(plan, [plan.dir, runDir]),
      ...tiny.args,
    ]
    sayCommand(context, argv)
    const began = context.clock.monotonicMs()
    const ran = await runBounded(argv, {
      cwd: scratch,
      env: launcher.env,
      timeoutMs: TRY_MS,
      stop: context.stop,
    })
    context.stop.throwIfAborted()
    const seconds = (context.clock.monotonicMs() - began) / 1000
    const found = judgeTrial(plan, ran, await tiny.ranks(ran.stdout))
    return {
      trial: { name: launcher.name, argv, why: found?.why ?? null, seconds },
      hint: found?.hints,
    }
  } finally {
    await removeTree(scratch)
  }
}

interface TinyRun {
  args: string[]
  /** How many processes the run says it is, one for each run that there was. */
  ranks(stdout: string): Promise<number[]>
}

/** As small a run as the program can do, which tells how many processes it is. */
async function tinyRun({ task }: RunPlan, scratch: string): Promise<TinyRun> {
  if (task === 'ior')
    return {
      args: ['-t', '4k', '-b', '4k', '-w', '-o', join(scratch, 'file')],
      ranks: async (text) => numbersIn(text, /^\s*tasks\s*:\s*(\d+)/gm),
    }
  if (task === 'mdtest')
    return {
      args: ['-n', '1', '-F', '-d', scratch],
      ranks: async (text) => numbersIn(text, /launched with (\d+) total task/g),
    }
  const results = join(scratch, 'results')
  const ini = join(scratch, 'tiny.ini')
  const data = join(scratch, 'data')
  const lines = ['[global]', `datadir = ${data}`, `resultdir = ${results}`, '']
  await writeAtomically(ini, lines.join('\n'))
  return {
    args: [ini, '--dry-run'],
    async ranks(stdout) {
      const runs = numbersIn(stdout, /^IO500 version()/gm).length
      const told = numbersIn(await resultTextIn(results), /^procs\s*=\s*(\d+)/gm)
      // Each singleton says its version; those before 2021-10 say nothing of their number.
      if (runs > 1) return new Array<number>(runs).fill(1)
      return told.length > 0 ? told.slice(0, 1) : runs === 1 ? [-1] : []
    },
  }
}

async function resultTextIn(results: string): Promise<string> {
  const folders = ['', ...(await listNames(results).catch(() => []))]
  for (const folder of folders) {
    const text = await readTextIfThere(join(results, folder, 'result.txt')).catch(() => undefined)
    if (text) return text
  }
  return ''
}

const numbersIn = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, number]) => Number(number))

/** What is known to go wrong, in the words of those who say it. */
const TROUBLES: readonly { pattern: RegExp; why: string; hints: readonly string[] }[] = [
  {
    pattern: /attempt to run as root|running mpi(run|exec) as root|as root is \*?strongly/i,
    why: 'Open MPI refuses to start anything for root',
    hints: [
      'run aibench as an ordinary user',
      '--env OMPI_ALLOW_RUN_AS_ROOT=1 --env OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1',
    ],
  },
  {
    pattern: /not enough slots|more processes than the ppr|oversubscri/i,
    why: 'the allocation has fewer slots than there are processes',
    hints: ['--tasks-per-node N   # as many as the nodes have cores, or fewer', '--procs N'],
  },
  {
    pattern: /error while loading shared libraries: (\S+)/,
    why: 'a library of the program is missing on the node',
    hints: ['--module M   # the MPI that io500 was built with', '--env LD_LIBRARY_PATH'],
  },
  {
    pattern: /PMI2?_Init failed|OPAL ERROR|PMIX ERROR|not built with SLURM|support for.*PMI/i,
    why: 'the program’s MPI does not understand this launcher',
    hints: [],
  },
  {
    pattern: /No such file or directory|could not find the.*executable|executable file not found/i,
    why: 'the program is not there on the node',
    hints: ['--io500 BINARY   # on a file system that all nodes see'],
  },
  {
    pattern: /Invalid option|unknown option|Unparsed|Unknown section/i,
    why: 'the program does not know an option of the tiny run',
    hints: [],
  },
]

function judgeTrial(
  { tasks }: RunPlan,
  ran: Bounded,
  ranks: readonly number[],
): { why: string; hints: string[] } | undefined {
  const [first] = ranks
  const isRight = ranks.length === 1 && (first === tasks || first === -1)
  if (ran.exitCode === 0 && isRight) return undefined
  const all = `${ran.stderr}\n${ran.stdout}`
  if (ran.missing !== null) return { why: 'it is not there', hints: [] }
  const known = TROUBLES.find(({ pattern }) => pattern.test(all))
  if (ranks.length > 1 || (first !== undefined && first !== tasks && first > 0))
    return {
      why: `${tasks} processes were asked for, and the program was ${ranks.length > 1 ? `started ${ranks.length} times as one process each` : `${first}`}: its MPI and this launcher do not know each other`,
      hints: ['--module M   # the MPI that io500 was built with'],
    }
  if (known) return { why: `${known.why} (${lineOf(all, known.pattern)})`, hints: [...known.hints] }
  if (ran.timedOut) return { why: `no answer within ${TRY_MS / 1000} s`, hints: [] }
  const how = ran.signal ? `signal ${ran.signal.slice(3)}` : `exit code ${ran.exitCode}`
  const last = all.trim().split('\n').at(-1)?.trim().slice(0, 200)
  return { why: `it ended with ${how}${last ? `: ${last}` : ''}`, hints: [] }
}

function lineOf(text: string, pattern: RegExp): string {
  return (text.split('\n').find((line) => pattern.test(line)) ?? '').trim().slice(0, 200)
}

function ranksText({ tasks, nodes }: RunPlan): string {
  const where = nodes === 1 ? 'one node' : `${nodes} nodes`
  return `${tasks === 1 ? 'one process' : `${tasks} processes`} on ${where}`
}

function noneWorks(plan: RunPlan, { tried }: LauncherRecord, hints: string[]): EnvironmentError {
  const what = `No way was found to start ${plan.program.path} as ${ranksText(plan)}`
  return new EnvironmentError(what, {
    code: 'AIB_LAUNCHER',
    evidence:
      tried.length === 0
        ? 'neither mpirun nor an MPI plugin of srun is there'
        : tried.map(({ name, why }) => `${name}: ${why}`).join('; '),
    hints:
      hints.length > 0
        ? hints
        : ['--module M   # the MPI that io500 was built with', aibench('lustre', 'logs')],
  })
}
