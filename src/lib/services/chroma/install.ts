import { quote, shellLine } from '../../platform/command-line.js'
import { join, resolve } from 'node:path'
import { EnvironmentError, isErrno } from '../../platform/errors.js'
import {
  exists,
  findProgram,
  makeDraftDir,
  makePrivateDir,
  moveInto,
  removeTree,
  sha256OfFile,
  treeBytes,
  writeAtomically,
} from '../../platform/files.js'
import type { Finished } from '../../platform/processes.js'
import { cannotWrite } from '../../platform/cannot-write.js'
import type { Context } from '../../jobs/contract.js'

export interface InstallReport {
  dir: string
  version: string
  sha256: string
  command: string
  /** It was there already. */
  unchanged: boolean
  bytes: number
  ms: number
}

/** The wheel alone has the whole server and needs nothing of its 60 dependencies; glibc 2.17 is enough for it. */
const VERSION = '1.5.9'
const WHEEL_SHA256 = [
  'cc09b3df76e5a5cb386aed2715a2eea152e3949f9e1ba93c7119505377749929', // x86_64
  '9192d111bd662241625867962333d99369a00769a50f8b2f58cb388731274d7e', // aarch64
]
const LIBRARY = 'chromadb_rust_bindings/chromadb_rust_bindings.abi3.so'
const PYTHONS = [
  'python3',
  'python3.13',
  'python3.12',
  'python3.11',
  'python3.10',
  'python3.9',
  '/usr/bin/python3',
]

export interface InstalledServer {
  dir: string
  launcher: string
  library: string
  version: string
}

/** @returns undefined when it is not there, or not whole */
export async function installedServer(dataDir: string): Promise<InstalledServer | undefined> {
  return serverIn(join(dataDir, `chroma-${VERSION}`))
}

async function serverIn(dir: string): Promise<InstalledServer | undefined> {
  const launcher = join(dir, 'chroma')
  const library = join(dir, LIBRARY)
  // The launcher is written last: with it, the rest is there.
  return (await exists(launcher)) && (await exists(library))
    ? { dir, launcher, library, version: VERSION }
    : undefined
}

/**
 * Puts the native server, version and hash pinned, into `dir` (by default our data directory) with pip; nothing to do when it is
 * there. The folder appears whole or not at all.
 * @throws EnvironmentError naming what is missing: Python, pip, network, space
 */
export async function installChroma(
  context: Context,
  { dir }: { dir?: string } = {},
): Promise<InstallReport> {
  const begunMs = context.clock.monotonicMs()
  const { environment } = context
  const target = dir
    ? resolve(environment.cwd, dir)
    : join(environment.dataDir, `chroma-${VERSION}`)
  const before = await serverIn(target)
  if (!before) await install(context, target)
  const server = before ?? (await serverIn(target))!
  return {
    dir: target,
    version: VERSION,
    sha256: await sha256OfFile(server.library),
    command: server.launcher,
    unchanged: before !== undefined,
    bytes: await treeBytes(target),
    ms: context.clock.monotonicMs() - begunMs,
  }
}

async function install(context: Context, target: string): Promise<void> {
  const python = await findPython(context)
  const parent = resolve(target, '..')
  const draft = await makePrivateDir(parent)
    .then(() => makeDraftDir(join(parent, '.chroma-')))
    .catch((error: unknown) => {
      throw cannotWrite(parent, error)
    })
  const step = context.progress.step('install')
  step.update(`chromadb ${VERSION} from PyPI, with ${python}`)
  try {
    await pipInstall(context, python, draft)
    await writeLauncher(draft, target, python)
    await putInPlace(draft, target)
    const seen = await context.processes.run(join(target, 'chroma'), ['--version'], {
      timeoutMs: 20_000,
    })
    if (seen.exitCode !== 0) throw doesNotStart(seen, target)
    step.done(`chroma ${VERSION} in ${target}`)
  } finally {
    await removeTree(draft)
  }
}

async function findPython({ environment, processes }: Context): Promise<string> {
  let without: string | undefined
  for (const name of PYTHONS) {
    const path = await findProgram(name, environment.variables)
    if (!path) continue
    const check =
      'import sys; assert sys.version_info >= (3, 9), "old"; import pip; print(sys.executable)'
    const answer = await processes.run(path, ['-c', check], { timeoutMs: 30_000 })
    // Not what was found on PATH: that may be a stand-in that asks its surroundings each time.
    if (answer.exitCode === 0) return answer.stdout.trim()
    without = /No module named .?pip/.test(answer.stderr) ? path : without
  }
  if (without)
    throw new EnvironmentError(`${without} has no pip`, {
      code: 'AIB_NO_PIP',
      hints: [`${without} -m ensurepip --user`, 'apt install python3-pip   # as administrator'],
    })
  throw new EnvironmentError('Python 3.9 or newer was not found', {
    code: 'AIB_NO_PYTHON',
    hints: ['module load Python', 'aibench chroma start --image FILE.sif'],
  })
}

async function pipInstall(context: Context, python: string, draft: string): Promise<void> {
  const requirements = join(draft, 'requirements.txt')
  const hashes = WHEEL_SHA256.map((hash) => `--hash=sha256:${hash}`).join(' ')
  await writeAtomically(requirements, `chromadb==${VERSION} ${hashes}\n`)
  const options = ['--no-deps', '--no-compile', '--only-binary=:all:', '--require-hashes']
  const quiet = [
    '--disable-pip-version-check',
    '--no-input',
    '--quiet',
    '--no-warn-script-location',
  ]
  const answer = await context.processes.run(
    python,
    [
      '-m',
      'pip',
      'install',
      ...options,
      ...quiet,
      '--target',
      draft,
      '--requirement',
      requirements,
    ],
    { timeoutMs: 300_000, signal: context.signal },
  )
  if (answer.exitCode !== 0) throw pipFailed(answer)
}

function pipFailed({ stderr, timedOut }: Finished): EnvironmentError {
  const lines = stderr.trim().split('\n')
  const evidence = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)
  const elsewhere =
    'aibench chroma install --dir DIR   # where there is internet; DIR on the shared file system'
  const known: [RegExp, string, string, string[]][] = [
    [
      /HASHES|hash/i,
      'AIB_HASH',
      'What PyPI gave is not the pinned file',
      ['pip cache purge', elsewhere],
    ],
    [
      /No space left|Disk quota/i,
      'AIB_CANNOT_WRITE',
      'No space left to install the server',
      ['aibench chroma install --dir DIR'],
    ],
    [
      /from versions|No matching distribution/i,
      'AIB_NO_NETWORK',
      'PyPI has no chromadb for this machine, or can’t be reached',
      [elsewhere],
    ],
    [
      /connection|resol(ve|ution)|network|proxy|retries/i,
      'AIB_NO_NETWORK',
      'PyPI can’t be reached from here',
      [elsewhere, 'export https_proxy=…'],
    ],
  ]
  const found = known.find(([pattern]) => pattern.test(stderr))
  const [, code, message, hints] = found ?? [
    null,
    'AIB_PIP',
    'pip did not install the server',
    [elsewhere],
  ]
  return new EnvironmentError(timedOut ? 'pip did not end in five minutes' : message, {
    code,
    evidence,
    hints,
  })
}

/** A file of one's own keeps the start line simple, and works from every node that sees the folder. */
async function writeLauncher(draft: string, target: string, python: string): Promise<void> {
  const main = 'import sys, chromadb_rust_bindings as c; sys.exit(c.cli(["chroma"] + sys.argv[1:]))'
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
  const script = [
    '#!/bin/sh',
    `# The server of the chromadb ${VERSION} wheel, which is a library: Python only loads it.`,
    `PYTHONPATH=${quoted(target)} exec ${quoted(python)} -c ${quoted(main)} "$@"`,
    '',
  ].join('\n')
  await writeAtomically(join(draft, 'chroma'), script, 0o755)
}

/** Of several that install at once, the first wins and the others find it there. */
async function putInPlace(draft: string, target: string): Promise<void> {
  try {
    await moveInto(draft, target)
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw cannotWrite(target, error)
    if (await serverIn(target)) return
    throw new EnvironmentError(`${target} exists and is not a Chroma server`, {
      code: 'AIB_INSTALL_TARGET',
      hints: ['aibench chroma install --dir ANOTHER', `ls ${quote(target)}`],
    })
  }
}

function doesNotStart({ stderr }: Finished, target: string): EnvironmentError {
  return new EnvironmentError('The server was installed but does not start', {
    code: 'AIB_CHROMA_UNLOADABLE',
    evidence: stderr.trim().split('\n').at(-1),
    hints: [shellLine(join(target, 'chroma'), '--version'), shellLine('rm', '-r', target)],
  })
}
