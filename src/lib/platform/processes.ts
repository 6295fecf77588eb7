import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { isErrno } from './errors.js'

export interface RunOptions {
  timeoutMs?: number
  cwd?: string
  /** The whole environment of the child; nothing is inherited when given. */
  env?: Record<string, string | undefined>
  input?: string
  signal?: AbortSignal
  /** In a session of its own: the Ctrl-C and the hang-up of our terminal do not reach it, and it outlives us. */
  detached?: boolean
  /** Told each line of stdout as it comes. */
  onLine?(line: string): void
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
  async run(command, args, { timeoutMs, cwd, env, input, signal, detached, onLine } = {}) {
    const { execa } = await import('execa')
    const child = execa(command, [...args], {
      reject: false,
      timeout: timeoutMs,
      cwd,
      ...(env ? { env, extendEnv: false } : {}),
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      cancelSignal: signal,
      detached,
      stripFinalNewline: false,
      maxBuffer: 64 * 1024 * 1024,
    })
    if (onLine) createInterface({ input: child.stdout }).on('line', onLine)
    const result = await child
    return {
      exitCode: result.exitCode,
      stdout: result.stdout ?? '',
      stderr: result.stderr ?? '',
      timedOut: result.timedOut,
      missing: isErrno(result, 'ENOENT') || (result as { code?: string }).code === 'ENOENT',
    }
  },
}

/** Starts a program that outlives us, in a session of its own, without any of our streams. */
export async function spawnDetached(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  const child = spawn(command, [...args], { detached: true, stdio: 'ignore', env })
  await once(child, 'spawn')
  child.unref()
  return child.pid!
}

/** Sends a signal; a process that is gone already is no error. */
export function killProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error
  }
}

/** Our own processes on this machine that have `NAME=value` in their environment, whatever group or session they went to. */
export async function processesWith(setting: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc').catch(() => []))
    if (/^\d+$/.test(name)) {
      const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '')
      if (environment.split('\0').includes(setting)) found.push(Number(name))
    }
  return found
}
