import type { Environment } from '../platform/environment.js'

/** What a job inherits. A login shell holds secrets and settings that would change a run unseen: only these names pass. */
export const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TMPDIR',
] as const

export function jobEnvironment({ variables }: Environment): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of INHERITED)
    if (variables[name] !== undefined) environment[name] = variables[name]
  return environment
}
