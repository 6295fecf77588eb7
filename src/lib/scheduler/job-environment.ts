import type { Environment } from '../platform/environment.js'

type Variables = Record<string, string>

/** The sum of all that the job runs and reads, as it was when it was submitted: the script compares. */
export const SEAL = 'AIBENCH_SEAL'

/** What a job inherits. A login shell holds secrets and settings that would change a run unseen: only these names pass. */
export const INHERITED = [
  'PATH',
  'LD_LIBRARY_PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TMPDIR',
] as const

/** What a job on this very machine inherits too: which GPUs the user has chosen, and what is needed to use and to compile for them. */
export const INHERITED_HERE = [
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_ORDER',
  'NVIDIA_VISIBLE_DEVICES',
  'NVIDIA_DRIVER_CAPABILITIES',
  'ROCR_VISIBLE_DEVICES',
  'HIP_VISIBLE_DEVICES',
  'GPU_DEVICE_ORDINAL',
  'ZE_AFFINITY_MASK',
  'CUDA_HOME',
  'CUDA_PATH',
  'ROCM_PATH',
  'HIP_PATH',
  'CC',
  'CXX',
  'CPATH',
  'LIBRARY_PATH',
] as const

/** The environment of a job that runs on this machine. */
export function localJobEnvironment({ variables }: Environment): Variables {
  return pick(variables, [...INHERITED, ...INHERITED_HERE])
}

/**
 * The environment of sbatch itself. With `--export=ALL` the job gets exactly this and what Slurm adds. Any list of names, NONE too, makes
 * slurmd run the user's login shell on the node first, for up to two minutes, and everything that its profile exports reaches the job.
 * Locale: sbatch speaks English to us; the job's own is in its job.env.
 * Source: sbatch(1), --export and --get-user-env.
 */
export function submissionEnvironment({ variables }: Environment): Variables {
  return { ...pick(variables, [...INHERITED, 'SLURM_CONF']), LC_ALL: 'C' }
}

/** The locale that the user has; the script starts without one and sets this. */
export function localeOf({ variables }: Environment): Variables {
  return pick(variables, ['LANG', 'LC_ALL'])
}

function pick(
  variables: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Variables {
  const picked: Variables = {}
  for (const name of names) {
    const value = variables[name]
    if (value !== undefined) picked[name] = value
  }
  return picked
}
