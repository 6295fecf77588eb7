import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { makePrivateDir } from '../../platform/files.js'
import type { Context } from '../../jobs/contract.js'
import type { VllmProgram } from './program.js'

/** Up to this one a part of vLLM's own cache key changes at every start: the API key. Seen with 0.26; 0.32 has it no more. */
const LAST_WITH_KEY = 26

/**
 * Where what vLLM compiles lives on: `<cache>/VERSION`, below which the job has a folder by kind of GPU.
 * @returns null when the setting vllm.cache says `off`
 */
export async function compileCache(
  { settings, environment }: Context,
  program: VllmProgram,
): Promise<string | null> {
  const set = settings.get('vllm.cache')
  if (set === 'off') return null
  const root =
    set === undefined ? join(environment.cacheDir, 'vllm') : resolve(environment.cwd, set)
  const dir = join(root, versionOf(program))
  await makePrivateDir(dir)
  return dir
}

/** Two builds of one version may differ: an image goes by its digest, a program without a version by its path. */
function versionOf(program: VllmProgram): string {
  if (program.kind === 'image') return `image-${program.sha256.slice(0, 16)}`
  if (program.version !== null) return program.version.replaceAll(/[^\w.+-]/g, '-')
  return `path-${createHash('sha256').update(program.argv.join(' ')).digest('hex').slice(0, 16)}`
}

export function notKept({ version }: VllmProgram): string[] {
  const [, minor] = /^0\.(\d+)/.exec(version ?? '') ?? []
  if (minor === undefined || Number(minor) > LAST_WITH_KEY) return []
  return [
    `vLLM ${version} runs torch.compile again at each start: its cache key includes the API key, which is new each time`,
  ]
}
