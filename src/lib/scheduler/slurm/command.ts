import type { Clock } from '../../platform/clock.js'
import type { Environment } from '../../platform/environment.js'
import { EnvironmentError } from '../../platform/errors.js'
import type { Finished, Processes } from '../../platform/processes.js'
import type { Progress } from '../../platform/progress.js'
import { formatDuration, parseDurationMs } from '../../platform/units.js'
import type { Trouble } from '../contract.js'

/** slurmctld answers late before it does not answer: Slurm's own MessageTimeout is 10 s by default, and client commands try for longer. */
const DEFAULT_TIMEOUT_MS = 30_000

/** Pauses before reads are tried again; after the last, what was known is shown as stale. */
const READ_PAUSES_MS = [2_000, 4_000, 8_000]

/** After that long no further try is made: somebody waits for the answer. */
const READ_BUDGET_MS = 60_000

/** A person who waits for so long wants to know for what. */
const SILENCE_TOLD_MS = 5_000

export interface CommandParts {
  processes: Processes
  environment: Environment
  clock: Clock
  /** Told what is waited for. */
  progress?: Pick<Progress, 'note'>
  /** Ends reads; what changes something is always waited for. */
  signal?: AbortSignal
}

/** Runs Slurm's client commands in an environment that no setting of the user's shell can bend. */
export class SlurmCommands {
  readonly #parts: CommandParts
  readonly #timeoutMs: number
  readonly #pausesMs: readonly number[]
  readonly #variables: Record<string, string | undefined>

  constructor(parts: CommandParts) {
    const { variables } = parts.environment
    this.#parts = parts
    this.#variables = scrub(variables)
    this.#timeoutMs = parseDurationMs(variables.AIBENCH_SLURM_TIMEOUT ?? '') ?? DEFAULT_TIMEOUT_MS
    const pauses = variables.AIBENCH_SLURM_RETRIES
    this.#pausesMs = pauses === undefined ? READ_PAUSES_MS : parsePauses(pauses)
  }

  /**
   * Runs what changes something, once. In a session of its own: Slurm carries out what it has received, also when the terminal's Ctrl-C
   * has killed the command that asked for it, and then nobody would know.
   * @param env in place of the user's environment
   * @throws EnvironmentError when the command is not there
   */
  async change(
    command: string,
    args: readonly string[],
    env?: Readonly<Record<string, string | undefined>>,
  ): Promise<Finished> {
    return this.#run(command, args, { detached: true, env })
  }

  /**
   * Asks, and asks again with growing pauses while there is no answer.
   * @throws EnvironmentError when the command is not there; the reason of the interruption
   */
  async read(command: string, args: readonly string[]): Promise<Finished> {
    const { clock, progress, signal } = this.#parts
    const begunMs = clock.monotonicMs()
    for (const pauseMs of [...this.#pausesMs, undefined]) {
      const finished = await this.#run(command, args, { cancelSignal: signal })
      signal?.throwIfAborted()
      const spentMs = clock.monotonicMs() - begunMs
      if (pauseMs === undefined || !isSilent(finished) || spentMs > READ_BUDGET_MS) return finished
      if (pauseMs >= 1_000)
        progress?.note(
          `Slurm does not answer ${command}; asking again in ${formatDuration(pauseMs)}`,
        )
      await clock.sleep(pauseMs, signal)
    }
    throw new Error('unreachable')
  }

  /** As {@link read}, once: for what is nice to know. */
  async readOnce(command: string, args: readonly string[]): Promise<Finished> {
    const { signal } = this.#parts
    const finished = await this.#run(command, args, { cancelSignal: signal })
    signal?.throwIfAborted()
    return finished
  }

  async #run(
    command: string,
    args: readonly string[],
    how: {
      detached?: boolean
      cancelSignal?: AbortSignal
      env?: Readonly<Record<string, string | undefined>>
    },
  ): Promise<Finished> {
    const { processes, progress } = this.#parts
    const tell = () =>
      progress?.note(
        `waiting for Slurm to answer ${command} (for at most ${formatDuration(this.#timeoutMs)})`,
      )
    const timer = setTimeout(tell, SILENCE_TOLD_MS)
    const finished = await processes
      .run(command, args, {
        timeoutMs: this.#timeoutMs,
        env: how.env ?? this.#variables,
        detached: how.detached,
        signal: how.cancelSignal,
      })
      .finally(() => clearTimeout(timer))
    if (finished.missing)
      throw new EnvironmentError(`There is no ${command} here`, {
        code: 'AIB_NO_SLURM',
        hints: ['run aibench on a login node, or add --scheduler local'],
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

/**
 * The controller was not reached at all: nothing can have happened. Only as the last word: with a second controller the first may have
 * been reached before.
 */
export function isDown(finished: Finished): boolean {
  const { exitCode, timedOut } = finished
  const last = linesOf(finished).at(-1) ?? ''
  if (timedOut || exitCode === 0 || exitCode === undefined) return false
  return /Unable to contact slurm controller/i.test(last) && !saysBroken(finished)
}

/**
 * It was reached and gave no answer that could be understood, or the command died before it had it: what was asked for may be done.
 * The phrases are those of Slurm's communication errors (slurm_errno.c, numbers 1000 to 1013 and 5000 to 5016) and of errno, 22.05 to 26.05.
 */
export function isBroken(finished: Finished): boolean {
  const { exitCode, timedOut } = finished
  if (timedOut || exitCode === undefined) return true
  if (exitCode === 0) return false
  return linesOf(finished).length === 0 || saysBroken(finished)
}

const BROKEN = new RegExp(
  [
    ...['Socket timed out', 'Zero Bytes were transmitted', 'Transport endpoint', 'missing socket'],
    ...['Connection reset', 'Connection timed out', 'Connection aborted', 'Broken pipe'],
    ...['Header lengths', 'Incompatible versions', 'Unexpected message', 'Insane message length'],
    ...['Message (send|receive) failure', 'Communication \\w+ failure', 'I/O stream version'],
    ...['Protocol authentication', 'Input/output error', 'Resource temporarily unavailable'],
    ...['Interrupted system call', 'No route to host', 'Network is unreachable'],
  ].join('|'),
  'i',
)

function saysBroken(finished: Finished): boolean {
  const lines = linesOf(finished)
  // Of a plug-in it is the second half of what it said; alone it is all that is known of a broken answer.
  const isBare = lines.length === 1 && /^Unspecified error$/.test(lines[0])
  return isBare || lines.some((line) => BROKEN.test(line))
}

/** Nothing was learnt: worth asking again. */
export function isSilent(finished: Finished): boolean {
  if (finished.exitCode === 0 && !finished.timedOut) return false
  return (
    isBroken(finished) ||
    isDown(finished) ||
    linesOf(finished).some((line) => /Unable to contact|Connection refused/i.test(line))
  )
}

/** What a command said, without its own name before it: `sbatch: error: Batch job submission failed: Invalid partition name specified`. */
export function linesOf({ stderr, stdout }: Finished): string[] {
  const own = clean(stderr)
  return own.length > 0 ? own : clean(stdout)
}

function clean(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/^\w+: (error: |fatal: )?/, '')
        .replace(/^Batch job submission failed: /, '')
        .trimEnd(),
    )
    .filter((line) => line.trim() !== '')
}

/** Its words on one line; lines of ornament say nothing, nor does Slurm's last word where a site has spoken before. */
export function messageOf(finished: Finished): string {
  const lines = linesOf(finished).filter((line) => /[\p{L}\p{N}]/u.test(line))
  const isVague = lines.length > 1 && lines.at(-1) === 'Unspecified error'
  return (isVague ? lines.slice(0, -1) : lines).join(' / ')
}

export function troubleOf(command: string, finished: Finished): Trouble {
  const said = linesOf(finished)
  if (isSilent(finished)) return { answered: false, plain: 'Slurm does not answer', said }
  return {
    answered: true,
    plain: `${command} answered with an error: ${messageOf(finished)}`,
    said,
  }
}

function parsePauses(text: string): number[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((pause) => parseDurationMs(pause) ?? 0)
}
