import { isErrno } from './errors.js'

export interface RunOptions {
  timeoutMs?: number
  cwd?: string
  /** The whole environment of the child; nothing is inherited when given. */
  env?: Record<string, string | undefined>
  input?: string
  signal?: AbortSignal
}

export interface Finished {
  /** undefined when the program could not be started or was ended by a signal */
  exitCode: number | undefined
  stdout: string
  stderr: string
  timedOut: boolean
  /** the program is not there */
  missing: boolean
}

/** Runs programs, never through a shell. */
export interface Processes {
  /** Never rejects for what the program did: read `exitCode`, `timedOut` and `missing`. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Finished>
}

export const systemProcesses: Processes = {
  async run(command, args, { timeoutMs, cwd, env, input, signal } = {}) {
    const { execa } = await import('execa')
    const result = await execa(command, [...args], {
      reject: false,
      timeout: timeoutMs,
      cwd,
      ...(env ? { env, extendEnv: false } : {}),
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      cancelSignal: signal,
      stripFinalNewline: false,
      maxBuffer: 64 * 1024 * 1024,
    })
    return {
      exitCode: result.exitCode,
      stdout: result.stdout ?? '',
      stderr: result.stderr ?? '',
      timedOut: result.timedOut,
      missing: isErrno(result, 'ENOENT') || (result as { code?: string }).code === 'ENOENT',
    }
  },
}
