import { withRemark } from '../../platform/command-line.js'
import { dirname, join, resolve } from 'node:path'
import { EnvironmentError, UsageError } from '../../platform/errors.js'
import { exists, findProgram, listNames } from '../../platform/files.js'
import type { Context } from '../../jobs/contract.js'
import { findImage, pullCommand } from '../../jobs/image.js'
import type { VllmOptions } from './options.js'

/** The vLLM that will run. */
export type VllmProgram =
  | {
      kind: 'native'
      argv: readonly string[]
      /** Of the package beside the program; null when it is not to be seen. */
      version: string | null
      origin: 'venv' | 'configured' | 'PATH'
    }
  | { kind: 'image'; path: string; sha256: string; version: null }

/**
 * The image or environment that was asked for, else the configured ones, else `vllm` on PATH. The program is not run for its version:
 * it needs twenty seconds to say it.
 * @throws EnvironmentError when there is none
 */
export async function findVllm(
  context: Context,
  { image, venv }: Pick<VllmOptions, 'image' | 'venv'>,
): Promise<VllmProgram> {
  if (image && venv) throw new UsageError('--image and --venv exclude each other: give one of them')
  if (image) return inImage(context, image)
  if (venv) return inEnvironment(context, venv, '--venv')
  const { settings, environment } = context
  const command = environment.variables.AIBENCH_VLLM_COMMAND ?? settings.get('vllm.command')
  if (command) return configured(context, command)
  const settled = { image: settings.get('vllm.image'), venv: settings.get('vllm.venv') }
  if (settled.image) return inImage(context, settled.image)
  if (settled.venv) return inEnvironment(context, settled.venv, 'the setting vllm.venv')
  const found = await findProgram('vllm', environment.variables)
  if (found) return native([found], 'PATH')
  throw new EnvironmentError('vLLM was not found on this machine', {
    code: 'AIB_NO_VLLM',
    hints: [
      withRemark('aibench vllm start --image FILE.sif', pullCommand('vllm')),
      'aibench vllm start --venv DIR   # python3 -m venv DIR && DIR/bin/pip install vllm',
      'aibench vllm start --simulate   # built-in simulator',
    ],
  })
}

async function configured(context: Context, command: string): Promise<VllmProgram> {
  const [program, ...args] = command.split(/\s+/).filter(Boolean)
  const found = await findProgram(program, context.environment.variables)
  if (found) return native([found, ...args], 'configured')
  throw new EnvironmentError(`The configured vLLM command was not found: ${program}`, {
    code: 'AIB_NO_VLLM',
    hints: ['aibench config unset vllm.command', 'unset AIBENCH_VLLM_COMMAND'],
  })
}

async function inEnvironment(
  { environment }: Context,
  dir: string,
  whose: string,
): Promise<VllmProgram> {
  const program = join(resolve(environment.cwd, dir), 'bin', 'vllm')
  if (await exists(program)) return native([program], 'venv')
  throw new EnvironmentError(`No vLLM in ${whose}: ${program} was not found`, {
    code: 'AIB_NO_VLLM',
    hints: [`python3 -m venv ${dir} && ${dir}/bin/pip install vllm`],
  })
}

async function native(
  argv: readonly string[],
  origin: 'venv' | 'configured' | 'PATH',
): Promise<VllmProgram> {
  return { kind: 'native', argv, version: await versionBeside(argv[0]), origin }
}

/** `PREFIX/bin/vllm` → `PREFIX/lib/python3.11/site-packages/vllm-0.32.0.dist-info`. */
async function versionBeside(program: string): Promise<string | null> {
  const lib = join(dirname(dirname(program)), 'lib')
  for (const python of (await listNames(lib)).filter((name) => name.startsWith('python')))
    for (const name of await listNames(join(lib, python, 'site-packages'))) {
      const version = /^vllm-(.+)\.dist-info$/.exec(name)?.[1]
      if (version) return version
    }
  return null
}

async function inImage(context: Context, image: string): Promise<VllmProgram> {
  const found = await findImage(context, image, [pullCommand('vllm')])
  return { kind: 'image', ...found, version: null }
}

export function describeProgram(program: VllmProgram): string {
  return program.kind === 'image'
    ? `image ${program.path} (sha256 ${program.sha256.slice(0, 8)}…)`
    : `vllm ${program.version ?? '(version unknown)'} (${program.origin})`
}

/** vLLM finds its own way over several nodes from 0.12 on; a version that nobody knows is taken for a new one. */
export function hasNativeNodes({ version }: VllmProgram): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? []
  return major === undefined || Number(major) > 0 || Number(minor) >= 12
}
