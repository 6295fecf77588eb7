import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'

const SOURCES = fileURLToPath(new URL('../standin', import.meta.url))
const run = promisify(execFile)

/** The stand-in for io500, compiled. `why` says what is missing; empty when it is there. */
export interface Standin {
  /** For mpirun and srun. */
  io500: string
  /** Without MPI: one process of one, whatever starts it. */
  alone: string
  why: string
}

/** What the stand-in can be told: see test/standin/io500.c. */
export type StandinSettings = Partial<
  Record<'SPEED' | 'ITEMS' | 'OTHER_MS' | 'FAULT' | 'SLOW_START_MS' | 'REFUSE', string | number>
>

let standin: Promise<Standin> | undefined

/** Compiled once for what its sources are. */
export function io500Standin(): Promise<Standin> {
  return (standin ??= compile())
}

/** A copy of it with settings of its own, which reach all of its ranks however they are started. */
export async function standinWith(
  program: string,
  path: string,
  settings: StandinSettings,
): Promise<string> {
  await copyFile(program, path)
  await chmod(path, 0o755)
  const lines = Object.entries(settings).map(([name, value]) => `STANDIN_${name}=${value}\n`)
  await writeFile(`${path}.conf`, lines.join(''), { mode: 0o644 })
  return path
}

/** What mpirun wants to be told as root, which tests may be. */
export const MPI_ENVIRONMENT = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
}

async function compile(): Promise<Standin> {
  const sources = (await readdir(SOURCES)).filter((name) => /\.[ch]$/.test(name)).sort()
  const hash = createHash('sha256')
  for (const name of sources) hash.update(await readFile(join(SOURCES, name)))
  const key = hash.digest('hex').slice(0, 16)
  const dir = join(tmpdir(), `aibench-test-standin-${userInfo().uid}`, key)
  const made = { io500: join(dir, 'io500'), alone: join(dir, 'alone'), why: '' }
  if (existsSync(made.io500) && existsSync(made.alone)) return made
  const files = sources.filter((name) => name.endsWith('.c')).map((name) => join(SOURCES, name))
  await mkdir(dir, { recursive: true, mode: 0o755 })
  try {
    await compiled('mpicc', files, made.io500)
    await compiled('cc', ['-DALONE', ...files], made.alone)
    return made
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { ...made, why: code === 'ENOENT' ? 'no mpicc: openmpi-bin libopenmpi-dev' : message }
  }
}

/** Several test processes may do it at once: each its own, the last stays. */
async function compiled(compiler: string, args: readonly string[], to: string): Promise<void> {
  const draft = `${to}.${process.pid}`
  await run(compiler, ['-O1', '-o', draft, ...args, '-lm'])
  await rename(draft, to)
}
