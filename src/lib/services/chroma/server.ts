import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EnvironmentError } from '../../platform/errors.js'
import { exists, findProgram, listNames, sha256OfFile } from '../../platform/files.js'
import { glibcVersion } from '../../platform/machine.js'
import type { Context } from '../../jobs/contract.js'
import { installedServer } from './install.js'

/** A native server that was found, and seen to start. */
export interface ChromaServer {
  kind: 'native'
  argv: readonly string[]
  /** Of the package where that is known, else what the program says; the HTTP API says 1.0.0 whatever it is. */
  version: string
  /** What the program itself says: the wheel of 1.5.9 says 1.4.4. */
  programSays: string
  /** Of the program, or of the library that is the server. */
  sha256: string
  origin: 'configured' | 'PATH' | 'npm' | 'installed'
}

interface Candidate {
  argv: readonly string[]
  /** The file that is hashed. */
  binary: string
  origin: ChromaServer['origin']
  packageVersion?: string
}

/** The npm package's server is linked against this. */
const NPM_NEEDS_GLIBC = 2.39

/**
 * In this order: the configured command, `chroma` on PATH, the npm package's own where it can load, the one that
 * `aibench chroma install` made.
 * @throws EnvironmentError when there is none, or the configured one does not start
 */
export async function findServer(context: Context): Promise<ChromaServer> {
  const given = await configured(context)
  if (given) return inspect(context, given)
  let unloadable: EnvironmentError | undefined
  for (const look of [onPath, fromNpm, installed]) {
    const candidate = await look(context)
    if (!candidate) continue
    try {
      return await inspect(context, candidate)
    } catch (error) {
      // One that is there but can't be loaded (an npm package's on an old system) does not hide the next.
      if (!(error instanceof EnvironmentError)) throw error
      unloadable = error
    }
  }
  throw (
    unloadable ??
    new EnvironmentError('Chroma is not installed on this machine', {
      code: 'AIB_NO_CHROMA',
      hints: [
        'aibench chroma install   # 23 MB from PyPI, seconds',
        'aibench chroma start --image FILE.sif',
        'aibench config set chroma.command /path/to/chroma',
      ],
    })
  )
}

async function configured({ settings, environment }: Context): Promise<Candidate | undefined> {
  const command = environment.variables.AIBENCH_CHROMA_COMMAND ?? settings.get('chroma.command')
  if (!command) return undefined
  const [program, ...args] = command.split(/\s+/).filter(Boolean)
  const binary = await findProgram(program, environment.variables)
  if (!binary)
    throw new EnvironmentError(`The configured Chroma command was not found: ${program}`, {
      code: 'AIB_NO_CHROMA',
      hints: ['aibench config unset chroma.command', 'aibench chroma install'],
    })
  return { argv: [binary, ...args], binary, origin: 'configured' }
}

async function onPath({ environment }: Context): Promise<Candidate | undefined> {
  const binary = await findProgram('chroma', environment.variables)
  return binary ? { argv: [binary], binary, origin: 'PATH' } : undefined
}

async function fromNpm({ environment }: Context): Promise<Candidate | undefined> {
  const glibc = glibcVersion()
  if (glibc === undefined || glibc < NPM_NEEDS_GLIBC) return undefined
  try {
    const manifest = createRequire(join(environment.cwd, 'index.js')).resolve(
      'chromadb/package.json',
    )
    const binary = join(dirname(manifest), 'dist', 'cli.mjs')
    return (await exists(binary))
      ? { argv: [process.execPath, binary], binary, origin: 'npm' }
      : undefined
  } catch {
    return undefined
  }
}

async function installed(context: Context): Promise<Candidate | undefined> {
  const found = await installedServer(context.environment.dataDir)
  return (
    found && {
      argv: [found.launcher],
      binary: found.library,
      origin: 'installed',
      packageVersion: found.version,
    }
  )
}

/** A server that can't even say its version would only be found out in the job's log. */
async function inspect(
  { processes, environment }: Context,
  { argv, binary, origin, packageVersion }: Candidate,
): Promise<ChromaServer> {
  const [program, ...args] = argv
  const answer = await processes.run(program, [...args, '--version'], {
    timeoutMs: 20_000,
    cwd: environment.home,
  })
  if (answer.exitCode !== 0)
    throw new EnvironmentError(`The Chroma server does not start: ${program}`, {
      code: 'AIB_CHROMA_UNLOADABLE',
      evidence: decisiveLine(`${answer.stderr}${answer.stdout}`),
      hints: ['aibench chroma install', `${argv.join(' ')} --version`],
    })
  const programSays = answer.stdout.trim()
  const version =
    packageVersion ??
    (await wheelBeside(binary)) ??
    /\d+\.\d+\S*/.exec(programSays)?.[0] ??
    'unknown'
  return { kind: 'native', argv, version, programSays, sha256: await sha256OfFile(binary), origin }
}

function decisiveLine(output: string): string | undefined {
  const lines = output.trim().split('\n')
  return lines.find((line) => /error|not found|cannot|no such/i.test(line))?.trim() ?? lines.at(-1)
}

/** A launcher of ours in another place than usual: the wheel beside it knows its version better than the program does. */
async function wheelBeside(binary: string): Promise<string | undefined> {
  const names = await listNames(dirname(binary))
  return names.map((name) => /^chromadb-(.+)\.dist-info$/.exec(name)?.[1]).find(Boolean)
}
