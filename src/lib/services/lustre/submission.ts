import { join, resolve } from 'node:path'
import * as v from 'valibot'
import { parseIni } from '../../instrument/filesystem/ini/ini.js'
import {
  FilesystemResultSchema,
  type FilesystemResult,
  type ResultRepeat,
} from '../../instrument/filesystem/result.js'
import { resultDirOf } from '../../instrument/filesystem/run-plan.js'
import {
  checklist,
  checklistText,
  RULES_SOURCE,
  type CheckedRule,
} from '../../instrument/filesystem/submission/checklist.js'
import { nodeFacts } from '../../instrument/filesystem/submission/node-facts.js'
import {
  leftOpen,
  systemInformation,
} from '../../instrument/filesystem/submission/system-information.js'
import type { Context } from '../../jobs/contract.js'
import { aliveThenNewest, findInstance, isAliveInstance } from '../../jobs/find.js'
import { mayBeCollected } from '../../jobs/hooks.js'
import { reconcile } from '../../jobs/reconcile.js'
import { aibench } from '../../platform/command-line.js'
import { EnvironmentError, NotFoundError, UsageError } from '../../platform/errors.js'
import { isFolder, readJsonIfThere, readTextIfThere } from '../../platform/files.js'
import { distrustOf } from '../../platform/ownership.js'
import { writeTarball, type Packed } from '../../platform/tarball.js'
import { filesBelow, readWhatIsThere, type Trouble } from '../../platform/tree-reader.js'
import type { Instance } from '../../state/schema.js'
import { readEnds } from './job/ends.js'
import { readNodes } from './job/node-record.js'
import { LUSTRE } from './words.js'

export interface SubmissionReport {
  run: string
  path: string
  bytes: number
  files: number
  /** Of the run, from 1: the one that is handed in. */
  repeat: number
  score: number
  checklist: CheckedRule[]
  /** Of system-information.json: what a person has to fill in. */
  leftOpen: string[]
  /** Files that are not in it as they are now. */
  incomplete: Trouble[]
  submitTo: string
}

type Handed = ResultRepeat & { score: NonNullable<ResultRepeat['score']> }

const HINTS = [aibench('lustre', 'io500', '--preset', 'submission', '--nodes', '10', '--wait')]

/**
 * Packs the best repeat of an io500 run as io500's own script does (a folder with all of its results, the ini and the script), and
 * beside it what else a submission asks for, as far as it is known.
 * @throws NotFoundError, EnvironmentError or UsageError where there is no run that came to its end, or no place for the file
 */
export async function saveSubmission(
  context: Context,
  request: { name?: string; out?: string; force: boolean },
): Promise<SubmissionReport> {
  const instance = await runMeant(context, request.name)
  const { runDir } = instance
  const distrust = await distrustOf(runDir)
  if (distrust)
    throw new EnvironmentError(`The run directory of ${instance.name} is not trusted`, {
      code: 'AIB_NOT_PRIVATE',
      where: `${runDir}: ${distrust}`,
    })
  const result = await resultIn(instance)
  const handed = bestOf(result)
  if (!handed) throw notComplete(instance, result)
  const { number, score } = handed
  const stamp = stampOf(
    (await readEnds(runDir)).find(({ repeat }) => repeat === number),
    instance,
  )
  const incomplete: Trouble[] = []
  const beside = await besideIt(instance, handed, { ...result, ...viewOf(handed) })
  const packed = [...(await ofResults(runDir, number, stamp, incomplete)), ...beside.files]
  const host = (instance.cluster?.name ?? context.environment.hostname).replaceAll(/[^\w.-]/g, '_')
  const wanted = resolve(context.environment.cwd, request.out ?? '.')
  const out = (await isFolder(wanted)) ? join(wanted, `io500-${host}-${stamp}.tgz`) : wanted
  const { path, bytes, files } = await writeTarball(out, packed, { overwrite: request.force })
  return {
    ...{ run: instance.name, path, bytes, files, repeat: number, score: score.total },
    ...{ checklist: beside.rules, leftOpen: beside.open, incomplete, submitTo: RULES_SOURCE },
  }
}

/** The one that is named, or the newest that is over: one that runs can't be handed in. */
async function runMeant(context: Context, name: string | undefined): Promise<Instance> {
  const state = await context.state.read()
  const isRun = ({ service, shape, options }: Instance) =>
    service === LUSTRE.kind && shape === 'batch' && options.task === 'io500'
  const runs = Object.values(state.instances).filter(isRun).sort(aliveThenNewest)
  const newest = runs.find((one) => !isAliveInstance(one)) ?? runs.at(0)
  const found = name === undefined ? newest : findInstance(context, state, LUSTRE.kind, name)
  if (!found)
    throw new NotFoundError('There is no run of io500 yet', {
      code: 'AIB_INSTANCE_UNKNOWN',
      hints: HINTS,
    })
  if (!isRun(found))
    throw new UsageError(`${found.name} is no run of io500: nothing else is submitted`, {
      code: 'AIB_NOT_IO500',
    })
  // Its result is made of its files by whoever comes first.
  if (mayBeCollected(found)) await reconcile(context, [found])
  return (await context.state.read()).instances[found.id] ?? found
}

async function resultIn({ name, runDir, phase }: Instance): Promise<FilesystemResult> {
  if (phase !== 'ended')
    throw new UsageError(`${name} is not over yet`, {
      code: 'AIB_RUN_NOT_COMPLETE',
      hints: [aibench('wait', name), aibench('lustre', 'logs', name, '-f')],
    })
  const read = v.safeParse(
    FilesystemResultSchema,
    await readJsonIfThere(join(runDir, 'result.json')),
  )
  if (read.success) return read.output
  throw new NotFoundError(`There is no result of ${name}`, {
    code: 'AIB_RUN_NOT_COMPLETE',
    where: runDir,
    hints: [aibench('lustre', 'logs', name), ...HINTS],
  })
}

/** Of the repeats that came to their end, the valid ones first, the one with the highest score. */
function bestOf({ repeats }: FilesystemResult): Handed | undefined {
  return repeats
    .filter((one): one is Handed => one.isComplete && one.exitCode === 0 && one.score !== null)
    .sort((a, b) => Number(b.valid) - Number(a.valid) || b.score.total - a.score.total)
    .at(0)
}

function notComplete({ name }: Instance, { problems }: FilesystemResult): UsageError {
  const why = problems.find(({ severity }) => severity === 'invalid')?.text
  return new UsageError(`${name} did not come to its end: there is nothing to submit`, {
    code: 'AIB_RUN_NOT_COMPLETE',
    ...(why ? { evidence: why } : {}),
    hints: [aibench('lustre', 'explain', name), ...HINTS],
  })
}

/** A result as if there had been this repeat only. */
const viewOf = ({ score, phases, problems, valid, isComplete }: Handed) => ({
  ...{ score, phases, problems, valid },
  complete: isComplete,
})

/** As io500 names its folders. */
function stampOf(end: { startedAt: string } | undefined, { intendedAt }: Instance): string {
  const [day, time] = (end?.startedAt ?? intendedAt).split('T')
  return `${day.replaceAll('-', '.')}-${time.slice(0, 8).replaceAll(':', '.')}`
}

/** The folder that io500's own script makes: all that io500 wrote, the ini as it was given, and the script. */
async function ofResults(
  runDir: string,
  repeat: number,
  folder: string,
  troubles: Trouble[],
): Promise<Packed[]> {
  const packed: Packed[] = []
  for await (const file of filesBelow(resultDirOf(runDir, repeat), [], troubles, folder)) {
    const opened = await readWhatIsThere(file, troubles)
    if (!opened) continue
    const chunks: Buffer[] = []
    for await (const chunk of opened.chunks) chunks.push(chunk)
    packed.push({ name: file.name, content: Buffer.concat(chunks), modified: opened.modified })
  }
  const given = [
    ['config.ini', `${folder}/given.ini`],
    [iniOf(repeat), `${folder}/run.ini`],
    ['service.sh', `${folder}/service.sh`],
  ]
  return [...packed, ...(await namedFiles(runDir, given))]
}

const iniOf = (repeat: number) => (repeat === 1 ? 'run.ini' : `run-${repeat}.ini`)

/** No settings of the job: there may be tokens in them. */
const BESIDE = ['job.sh', 'stdout.log', 'stderr.log', 'layout.sh', 'layout.txt', 'ends.json']

async function besideIt(
  { runDir }: Instance,
  { number }: Handed,
  result: FilesystemResult,
): Promise<{ files: Packed[]; rules: CheckedRule[]; open: string[] }> {
  const ini = await readTextIfThere(join(runDir, iniOf(number)))
  const { nodes, storage } = await readNodes(runDir)
  const { health } = ((await readJsonIfThere(join(runDir, 'probe.json'))) ?? {}) as {
    health?: { osts?: number | null; mdts?: number | null } | null
  }
  const { type, isLustre } = result.fileSystem
  const information = systemInformation(result, nodes.at(0)?.facts ?? nodeFacts({}), {
    ...{ name: null, version: null },
    software: isLustre ? 'Lustre' : type,
    ...storage,
    ...{ osts: health?.osts ?? null, mdts: health?.mdts ?? null },
  })
  const files = await namedFiles(
    runDir,
    BESIDE.map((name) => [name, name]),
  )
  const has = (name: string) => files.some((file) => file.name === name)
  const open = leftOpen(information)
  const rules = checklist({
    result,
    config: ini === undefined ? null : parseIni(ini).config,
    leftOpen: open,
    has: {
      resultTar: true,
      jobScript: has('job.sh'),
      jobOutput: has('stdout.log'),
      layoutRecord: has('layout.txt'),
    },
  })
  const made = [
    {
      name: 'system-information.json',
      content: `${JSON.stringify(information, null, 2)}\n`,
    },
    { name: 'checklist.txt', content: checklistText(rules) },
  ]
  return { files: [...files, ...made], rules, open }
}

async function namedFiles(runDir: string, names: readonly string[][]): Promise<Packed[]> {
  const read = names.map(async ([file, name]): Promise<Packed[]> => {
    const content = await readTextIfThere(join(runDir, file))
    return content === undefined ? [] : [{ name, content }]
  })
  return (await Promise.all(read)).flat()
}
