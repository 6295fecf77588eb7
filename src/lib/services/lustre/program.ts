import { basename, dirname, join, resolve } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import { shellLine } from '../../platform/command-line.js'
import { EnvironmentError, UsageError } from '../../platform/errors.js'
import { exists, fileStamp, findProgram, isFolder, sha256OfFile } from '../../platform/files.js'
import { keepLook, keptLook } from './program-cache.js'
import { lookAt, readBinary, type Look, type Tool } from './program-look.js'

/** How they were named. */
export interface ProgramChoice {
  /** A path, or a word for PATH; of an image, in the image. */
  io500: string | null
  image: string | null
  module: string | null
}

export interface Program {
  tool: Tool
  /** Full; in the image, where there is one. Only the name of what just the job can find: there `isSeen` is false. */
  path: string
  image: string | null
  module: string | null
  /** `--io500 or lustre.io500`, `PATH`: how it was found. */
  origin: string
  isSeen: boolean
  /** Why it could not be looked at here; a sentence. */
  trouble: string | null
}

export interface SeenProgram {
  program: Program
  look: Look | null
}

/**
 * What was named by flags wins as a whole: an image that was typed does not get the program of a setting. A module stands beside either.
 */
export function chooseProgram(
  given: Partial<ProgramChoice>,
  settings: { get(name: string): string | undefined },
): ProgramChoice {
  const isNamed = given.io500 != null || given.image != null
  const setting = (name: string) => settings.get(`lustre.${name}`) ?? null
  return {
    io500: given.io500 ?? (isNamed ? null : setting('io500')),
    image: given.image ?? (isNamed ? null : setting('image')),
    module: given.module ?? setting('module'),
  }
}

/**
 * Finds the program that was named, or the one on PATH, and looks at it: a few milliseconds, no MPI, no node. What only the job can see
 * (a module that this machine lacks, an image without apptainer here) is given back unseen.
 * @throws EnvironmentError `AIB_NO_IO500` when none was named and none is on PATH; `AIB_NOT_IO500`, when it is something else
 */
export async function findTool(
  context: Context,
  choice: ProgramChoice,
  tool: Tool = 'io500',
): Promise<SeenProgram> {
  if (choice.image !== null) return inImage(context, choice, choice.image, tool)
  if (choice.module !== null) return fromModule(context, choice, tool)
  return onThisMachine(context, choice, tool)
}

async function onThisMachine(
  context: Context,
  { io500 }: ProgramChoice,
  tool: Tool,
): Promise<SeenProgram> {
  const { variables, cwd } = context.environment
  const named = io500?.includes('/') ? resolve(cwd, io500) : io500
  const words = candidates(tool, named)
  let path: string | undefined
  for (const word of words) path ??= await findProgram(word, variables)
  if (path === undefined && named !== null && tool === 'io500') {
    // Typed in its own folder.
    const here = resolve(cwd, named)
    path = await findProgram(here, variables)
    if (path === undefined && (await exists(here))) throw notAProgram(here)
  }
  if (path === undefined) throw missing(tool, named)
  const program = seen(tool, { path, image: null, module: null, named })
  if (tool !== 'io500') return { program, look: null }
  const key = `sha256 ${await sha256OfFile(path)}`
  const kept = await keptLook(context.environment, key)
  if (kept) return { program, look: { ...kept, path } }
  const found = await lookAt(context, [], [path], tool)
  if (typeof found === 'string') throw notIo500(path, found)
  const look = { ...found, ...(await readBinary(path)) }
  await keepLook(context.environment, key, look)
  return { program, look }
}

async function fromModule(
  context: Context,
  { io500, module }: ProgramChoice,
  tool: Tool,
): Promise<SeenProgram> {
  const words = candidates(tool, io500)
  const found = await lookAt(context, loading(module!), words, tool)
  const named = `--module ${module} or lustre.module`
  const part = { image: null, module, named }
  if (typeof found === 'string') return unseen(tool, { ...part, path: words[0] }, found)
  const look = { ...found, ...(tool === 'io500' ? await readBinary(found.path) : {}) }
  return {
    program: seen(tool, { ...part, path: found.path }),
    look: tool === 'io500' ? look : null,
  }
}

async function inImage(
  context: Context,
  { io500, module }: ProgramChoice,
  image: string,
  tool: Tool,
): Promise<SeenProgram> {
  const path = resolve(context.environment.cwd, image)
  const stamp = await fileStamp(path)
  if (stamp === undefined || (await isFolder(path)))
    throw new UsageError(
      stamp === undefined
        ? `There is no image ${path}`
        : `${path} is a folder; an image is one file`,
      { code: 'AIB_NO_IMAGE', typed: image, hints: [shellLine('ls', '-l', dirname(path))] },
    )
  const words = imageCandidates(tool, io500)
  const key = `image ${path} ${stamp} ${tool} ${words.join(' ')}`
  const apptainer = context.settings.get('apptainer.command') ?? 'apptainer'
  const inside = [...(module === null ? [] : loading(module)), apptainer, 'exec', path]
  const found =
    (await keptLook(context.environment, key)) ?? (await lookAt(context, inside, words, tool))
  const part = { image: path, module, named: '--image or lustre.image' }
  if (typeof found === 'string') return unseen(tool, { ...part, path: words[0] }, found)
  await keepLook(context.environment, key, found)
  return {
    program: seen(tool, { ...part, path: found.path }),
    look: tool === 'io500' ? found : null,
  }
}

/** ior and mdtest stand beside io500, in `bin` of its sources, or on PATH. */
function candidates(tool: Tool, io500: string | null): string[] {
  if (tool === 'io500') return [io500 ?? 'io500']
  const folder = io500?.includes('/') ? dirname(io500) : undefined
  const beside = folder === undefined ? [] : [join(folder, 'bin', tool), join(folder, tool)]
  return [...beside, tool]
}

function imageCandidates(tool: Tool, io500: string | null): string[] {
  if (io500 !== null) return candidates(tool, io500)
  return [
    `/${tool}`,
    tool,
    `/io500/${tool}`,
    `/io500/bin/${tool}`,
    `/opt/io500/${tool}`,
    `/opt/io500/bin/${tool}`,
  ]
}

/** In a shell that has what a login has, `module` with it. Its own words go to stderr. */
function loading(module: string): string[] {
  const script = 'm=$1; shift; module load "$m" >&2 && exec "$@"'
  return ['bash', '-lc', script, 'bash', module]
}

type Found = Pick<Program, 'path' | 'image' | 'module'> & { named: string | null }

function seen(tool: Tool, { path, image, module, named }: Found): Program {
  return { tool, path, image, module, origin: originOf(named), isSeen: true, trouble: null }
}

function unseen(tool: Tool, { path, image, module, named }: Found, trouble: string): SeenProgram {
  const program = { tool, path, image, module, origin: originOf(named), isSeen: false, trouble }
  return { program, look: null }
}

function originOf(named: string | null): string {
  if (named === null) return 'PATH'
  return named.startsWith('--') ? named : '--io500 or lustre.io500'
}

function missing(tool: Tool, named: string | null): EnvironmentError {
  const isNamed = named !== null && tool === 'io500'
  return new EnvironmentError(
    isNamed
      ? `There is no program ${named}`
      : `No ${tool} was named, and none is on PATH: aibench brings none along`,
    {
      code: 'AIB_NO_IO500',
      typed: named ?? undefined,
      hints: [
        'a program: --io500 BINARY, or aibench config set lustre.io500 BINARY',
        'an image: --image FILE.sif, or aibench config set lustre.image FILE.sif',
        'a module: --module NAME, or aibench config set lustre.module NAME',
        'how to build it: https://github.com/IO500/io500',
      ],
    },
  )
}

function notAProgram(path: string): EnvironmentError {
  return new EnvironmentError(`${path} is no program that you can run`, {
    code: 'AIB_NOT_IO500',
    hints: [shellLine('ls', '-ld', path), '--io500 BINARY'],
  })
}

function notIo500(path: string, trouble: string): EnvironmentError {
  const isLibrary = /shared librar/.test(trouble)
  return new EnvironmentError(
    isLibrary
      ? `${basename(path)} does not start here: ${trouble}`
      : `${path} does not answer as io500 does: ${trouble}`,
    {
      code: 'AIB_NOT_IO500',
      hints: isLibrary
        ? ['--module NAME loads the MPI that it was built with', shellLine('ldd', path)]
        : [shellLine(path, '--list')],
    },
  )
}
