import * as Flags from '@oclif/core/flags'
import type { JobSettingsRequest } from '../job-settings.js'

const environment = { helpGroup: 'ENVIRONMENT OF THE JOB' } as const

/** What a user adds to the environment of a job. */
export const jobFlags = {
  env: Flags.string({
    ...environment,
    helpValue: 'NAME[=VALUE]',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'Set a variable for the job, or pass on this shell’s value; repeatable.',
    env: 'AIBENCH_ENV',
  }),
  'env-file': Flags.string({
    ...environment,
    helpValue: 'FILE',
    summary: 'Read variables for the job from FILE: NAME=VALUE lines.',
    env: 'AIBENCH_ENV_FILE',
  }),
  prologue: Flags.string({
    ...environment,
    helpValue: 'FILE',
    summary:
      'Source this bash script in the job before the server starts, for example to load modules.',
    env: 'AIBENCH_PROLOGUE',
  }),
  interface: Flags.string({
    ...environment,
    helpValue: 'NAME|CIDR',
    summary:
      'Be reached by this interface or network of the node. Default: the one towards this host.',
    env: 'AIBENCH_INTERFACE',
  }),
}

export function jobSettingsFrom(flags: {
  env?: string[]
  'env-file'?: string
  prologue?: string
  interface?: string
}): JobSettingsRequest {
  const { env, prologue } = flags
  return { env, envFile: flags['env-file'], prologue, interface: flags.interface }
}
