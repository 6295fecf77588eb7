import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'

/** Programs that may hang for ever, as those that touch a dead file system: nothing here waits for one longer than it was told to. */

export interface ChildOptions {
  cwd?: string
  /** Added to our own. */
  env?: Readonly<Record<string, string>>
}

export interface StartOptions extends ChildOptions {
  /** A file that also gets what it prints, private to the user. */
  copyTo?: string
}

export interface ChildEnd {
  /** null when a signal ended it, or when nobody knows. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  /** It could not be started: the word of the system, `ENOENT`. */
  missing: string | null
}

export interface Child {
  ended: Promise<ChildEnd>
  /** To all of its process group. One that is gone is no error. */
  signal(name: NodeJS.Signals): void
}

/** Starts a program in a session of its own, with our output and error as its own. It has no input. */
export function startChild(
  argv: readonly string[],
  { cwd, env, copyTo }: StartOptions = {},
): Child {
  const [command, ...args] = argv
  const child = spawn(command, args, {
    cwd,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', copyTo === undefined ? 'inherit' : 'pipe', 'inherit'],
  })
  const copied = copyTo === undefined ? undefined : copyOf(child.stdout!, copyTo)
  const ended = endOf(child).then(async (end) => {
    await copied
    return end
  })
  return { ended, signal: (name) => signalGroup(child.pid, name) }
}

/** A disk that is full must not end what is measured: its output still goes where ours goes. */
async function copyOf(output: Readable, path: string): Promise<void> {
  output.pipe(process.stdout, { end: false })
  const file = createWriteStream(path, { mode: 0o600 })
  output.pipe(file)
  await finished(file).catch(() => undefined)
}

export interface Bounded extends ChildEnd {
  stdout: string
  stderr: string
  /** It was ended because its time was over; it may still be there where nothing ends it. */
  timedOut: boolean
}

/** Its first so many bytes of output, each, are enough for whatever we ask. */
const MOST_BYTES = 1 << 20
const KILL_AFTER_MS = 2_000

/**
 * What a program says, or that it says nothing in time: then it is told to end, killed two seconds later, and no longer waited for. A
 * process that hangs in the kernel can't be killed.
 */
export async function runBounded(
  argv: readonly string[],
  { cwd, env, timeoutMs, stop }: ChildOptions & { timeoutMs: number; stop?: AbortSignal },
): Promise<Bounded> {
  const [command, ...args] = argv
  const child = spawn(command, args, {
    cwd,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: headOf(child.stdout), stderr: headOf(child.stderr) }
  let timedOut = false
  const quiet = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const givenUp = new Promise<ChildEnd>((resolve) => {
    const end = () => {
      timedOut = true
      signalGroup(child.pid, 'SIGTERM')
      timers.push(
        setTimeout(() => {
          signalGroup(child.pid, 'SIGKILL')
          timers.push(
            setTimeout(() => resolve({ exitCode: null, signal: null, missing: null }), 500),
          )
        }, KILL_AFTER_MS),
      )
    }
    timers.push(setTimeout(end, timeoutMs))
    if (stop?.aborted) end()
    stop?.addEventListener('abort', end, { once: true, signal: quiet.signal })
  })
  const end = await Promise.race([endOf(child), givenUp])
  for (const timer of timers) clearTimeout(timer)
  quiet.abort()
  child.stdout.destroy()
  child.stderr.destroy()
  child.unref()
  return { ...end, timedOut, stdout: said.stdout.text, stderr: said.stderr.text }
}

function endOf(child: ReturnType<typeof spawn>): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: null, signal: null, missing: error.code ?? error.message }),
    )
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, missing: null }))
  })
}

function headOf(stream: Readable): { text: string } {
  const head = { text: '' }
  stream.setEncoding('utf8').on('data', (text: string) => {
    if (head.text.length < MOST_BYTES) head.text += text
  })
  return head
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, name)
  } catch {
    // It is gone.
  }
}
