import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as v from 'valibot'
import {
  BugError,
  EnvironmentError,
  UnreachableError,
  UsageError,
  type AibenchError,
  type ErrorDetails,
} from '../platform/errors.js'
import { readJsonIfThere, writeJson } from '../platform/files.js'
import type { FailedEvent, WorkerEvent } from './worker-events.js'

export interface WorkerCall<Sample extends { type: 'sample' }, Result> {
  /** The command line of the worker without its order: `node dist/worker.js`, or that behind `srun …`. */
  argv: readonly string[]
  /** Written into its run directory, for the worker to read. */
  order: { runDir: string }
  /** Of `result.json`. */
  result: v.GenericSchema<unknown, Result>
  onEvent(event: WorkerEvent<Sample>): void
  signal: AbortSignal
}

/** Told to stop, a worker has this long to write what it has and to drop its collection. */
const STOP_DEADLINE_MS = 20_000

/**
 * Runs the measuring process and reads its result. Aborted, it asks the worker to stop and still returns what was measured.
 * @throws what the worker said, as an error of the same class, with what it had measured as `data`; UnreachableError when it ended without a word
 */
export async function runWorker<Sample extends { type: 'sample' }, Result>({
  argv,
  order,
  result: schema,
  onEvent,
  signal,
}: WorkerCall<Sample, Result>): Promise<Result> {
  const orderFile = join(order.runDir, 'order.json')
  await writeJson(orderFile, order)
  const [command, ...args] = argv
  const child = spawn(command, [...args, orderFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const stop = () => stopGently(child)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    const failure = await follow(child, onEvent)
    const result = await readResult(order.runDir, schema)
    if (failure) throw errorOf(failure, result)
    if (result) return result
    throw new UnreachableError('The measuring process ended without a result', {
      code: 'AIB_WORKER_LOST',
      evidence: stderrOf(child),
      hints: ['aibench chroma check', 'aibench chroma logs --stderr'],
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Reads the worker's lines until it has ended; lines that are not ours (srun's, a module system's) are passed over. */
async function follow<Sample extends { type: 'sample' }>(
  child: ChildProcess,
  onEvent: (event: WorkerEvent<Sample>) => void,
): Promise<FailedEvent | undefined> {
  let failure: FailedEvent | undefined
  const errors: string[] = []
  STDERR.set(child, errors)
  child.stderr!.setEncoding('utf8').on('data', (text: string) => void errors.push(text))
  const lines = createInterface({ input: child.stdout! })
  lines.on('line', (line) => {
    const event = parseEvent(line) as WorkerEvent<Sample> | undefined
    if (!event) return
    if (event.type === 'failed') failure = event as FailedEvent
    onEvent(event)
  })
  // `once` rejects with the child's `error`, which is there when the program could not be started.
  await once(child, 'close').catch((error: Error) => Promise.reject(notStarted(error)))
  return failure
}

const STDERR = new WeakMap<ChildProcess, string[]>()

function stderrOf(child: ChildProcess): string | undefined {
  return STDERR.get(child)?.join('').trim().split('\n').at(-1) || undefined
}

function parseEvent(line: string): { type: string } | undefined {
  if (!line.startsWith('{"type"')) return undefined
  try {
    return JSON.parse(line) as { type: string }
  } catch {
    return undefined
  }
}

/** In a process group of its own, so that Ctrl-C reaches it through us alone, once. */
function stopGently(child: ChildProcess): void {
  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // It has ended already.
    }
  }
  signalGroup('SIGTERM')
  const timer = setTimeout(() => signalGroup('SIGKILL'), STOP_DEADLINE_MS)
  child.once('close', () => clearTimeout(timer))
}

async function readResult<Result>(
  runDir: string,
  schema: v.GenericSchema<unknown, Result>,
): Promise<Result | undefined> {
  const parsed = v.safeParse(schema, await readJsonIfThere(join(runDir, 'result.json')))
  return parsed.success ? parsed.output : undefined
}

function notStarted(error: Error): EnvironmentError {
  return new EnvironmentError(`The measuring process could not be started: ${error.message}`, {
    code: 'AIB_WORKER_START',
    cause: error,
  })
}

/** The worker's error, in this process, with what had been measured. */
export function errorOf(
  { code, exitCode, message, evidence, hints }: FailedEvent,
  data: unknown,
): AibenchError {
  const details: ErrorDetails = { code, evidence, hints, data }
  const classes: Record<number, new (message: string, details?: ErrorDetails) => AibenchError> = {
    2: UsageError,
    3: EnvironmentError,
    7: UnreachableError,
  }
  return new (classes[exitCode] ?? BugError)(message, details)
}
