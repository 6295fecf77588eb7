import { resolve } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import type { LustreOptions } from './options.js'

/** Paths as every folder sees them; what the settings say where no flag does. */
export async function completeLustre(
  { environment: { cwd } }: Context,
  options: LustreOptions,
): Promise<LustreOptions> {
  const full = (path: string | null) => (path === null ? null : resolve(cwd, path))
  // A bare name is looked for in PATH.
  const program = options.io500?.includes('/') ? full(options.io500) : options.io500
  return { ...options, dir: full(options.dir ?? '.'), io500: program, ini: full(options.ini) }
}
