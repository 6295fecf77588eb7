import type { Environment } from '../../platform/environment.js'
import { EnvironmentError } from '../../platform/errors.js'
import type { Finished, Processes } from '../../platform/processes.js'
import { parseDurationMs } from '../../platform/units.js'

/** slurmctld answers late before it does not answer: Slurm's own MessageTimeout is 10 s by default, and client commands try for longer. */
const DEFAULT_TIMEOUT_MS = 30_000

/** Runs Slurm's client commands in an environment that no setting of the user's shell can bend. */
export class SlurmCommands {
  readonly timeoutMs: number
  readonly #processes: Processes
  readonly #variables: Record<string, string | undefined>

  constructor(processes: Processes, { variables }: Environment) {
    this.#processes = processes
    this.#variables = scrub(variables)
    this.timeoutMs = parseDurationMs(variables.AIBENCH_SLURM_TIMEOUT ?? '') ?? DEFAULT_TIMEOUT_MS
  }

  /** @throws EnvironmentError when the command is not there */
  async run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = this.#variables,
  ): Promise<Finished> {
    const finished = await this.#processes.run(command, args, { timeoutMs: this.timeoutMs, env })
    if (finished.missing)
      throw new EnvironmentError(`There is no ${command} here`, {
        code: 'AIB_NO_SLURM',
        hints: ['run aibench on a login node', 'aibench … --scheduler local'],
      })
    return finished
  }
}

/**
 * SBATCH_*, SQUEUE_*, SLURM_* and their like change what the commands do, silently: SBATCH_PARTITION overrides a script, SQUEUE_FORMAT
 * our fields, and inside a job SLURM_* leaks into a nested sbatch. Only SLURM_CONF says where the cluster is.
 */
export function scrub(
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const kept = Object.entries(variables).filter(
    ([name]) =>
      !/^(SBATCH|SQUEUE|SLURM|SCANCEL|SINFO|SACCT|SRUN|SALLOC)_/.test(name) ||
      name === 'SLURM_CONF',
  )
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}

/** The controller was not reached at all: nothing can have happened. */
export function isDown({ stderr, exitCode }: Finished): boolean {
  return exitCode !== 0 && /Unable to contact slurm controller|Connection refused/i.test(stderr)
}

/** The controller was reached but did not answer in time: it may have done what was asked. */
export function isStalled({ stderr, timedOut }: Finished): boolean {
  return timedOut || /Socket timed out|Zero Bytes were transmitted|Transport endpoint/i.test(stderr)
}

/** Slurm's message without its prefix: `sbatch: error: Batch job submission failed: Invalid partition name specified`. */
export function messageOf({ stderr }: Finished): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return (lines.at(-1) ?? '')
    .replace(/^\w+: (error: )?/, '')
    .replace(/^Batch job submission failed: /, '')
}
