import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as v from 'valibot'
import { Deadline, poll, systemClock } from '../../platform/clock.js'
import { EnvironmentError, UnreachableError } from '../../platform/errors.js'
import { errorOf, type Failure } from '../../platform/failure.js'
import { readJsonIfThere, writeJson } from '../../platform/files.js'
import { formatDuration } from '../../platform/units.js'
import { Ending } from './ending.js'
import { OWNER, signsOfLife, Watch, WORKER, writeLife } from './life.js'
import type { HelloEvent, WorkerEvent } from './worker-events.js'

export interface WorkerCall<Sample extends { type: 'sample' }, Result> {
  /** The command line of the worker without its order: `node dist/worker.js`, or that behind `srun …`. */
  argv: readonly string[]
  /** Written into its run directory, for the worker to read. */
  order: { runDir: string }
  /** Of `result.json`. */
  result: v.GenericSchema<unknown, Result>
  onEvent(event: WorkerEvent<Sample>): void
  signal: AbortSignal
  /** Until its first word, milliseconds: a step beside a server takes seconds, an allocation of its own has to queue. */
  startDeadlineMs?: number
  /** What to try when it is lost: commands. */
  lostHints?: readonly string[]
}

const START_DEADLINE_MS = 120_000
/** A process that has just ended is still read from; one that is gone for so long will say nothing more. */
const GONE_MS = 15_000
const WATCH_EVERY_MS = 500
/** After its last word the result is there; another node's file system may show it a little later. */
const RESULT_DEADLINE_MS = 15_000

/**
 * Runs the measuring process and reads its result. Aborted, it asks the worker to stop and still returns what was measured. No wait is
 * without an end: a worker that does not begin, that gives no more signs of life or that does not stop is ended.
 * @throws what the worker said, as an error of the same class, with what it had measured as `data`; UnreachableError when it ended without a word
 */
export async function runWorker<Sample extends { type: 'sample' }, Result>(
  call: WorkerCall<Sample, Result>,
): Promise<Result> {
  const { argv, order, result: schema, onEvent, signal } = call
  const orderFile = join(order.runDir, 'order.json')
  await writeJson(orderFile, order)
  await writeLife(order.runDir, OWNER)
  using _signs = signsOfLife(order.runDir, OWNER)
  const [command, ...args] = argv
  // In a process group of its own, so that Ctrl-C reaches it through us alone, once. Its input is never written to: that it ends tells
  // the worker that we are gone.
  const child = spawn(command, [...args, orderFile], { detached: true })
  child.stdin.on('error', () => undefined)
  const ending = new Ending(child, order.runDir)
  const stop = () => ending.gently(messageOf(signal.reason))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const said = new Said(child, onEvent)
  const watching = watchOver(call, said, ending)
  try {
    await said.untilClosed()
    const result = await readResult(order.runDir, schema, said.isDone ? RESULT_DEADLINE_MS : 0)
    if (said.failure) throw errorOf(said.failure, result)
    if (result) return result
    throw lost(call, said, watching.trouble)
  } finally {
    watching.end()
    ending.over()
    signal.removeEventListener('abort', stop)
  }
}

/** What a worker says; lines that are not ours (srun's, a module system's) are passed over. */
class Said<Sample extends { type: 'sample' }> {
  readonly #child: ChildProcessWithoutNullStreams
  #errors = ''
  hasBegun = false
  isDone = false
  failure: Failure | undefined

  constructor(
    child: ChildProcessWithoutNullStreams,
    onEvent: (event: WorkerEvent<Sample>) => void,
  ) {
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-LONGEST_STDERR)
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parseEvent(line) as WorkerEvent<Sample> | HelloEvent | undefined
      if (!event) return
      this.hasBegun = true
      if (event.type === 'hello') return
      if (event.type === 'failed') this.failure = event
      if (event.type === 'phase' && event.phase === 'done') this.isDone = true
      onEvent(event)
    })
  }

  /** @throws EnvironmentError when the program could not be started */
  async untilClosed(): Promise<void> {
    // `once` rejects with the child's `error`.
    await once(this.#child, 'close').catch((error: Error) => Promise.reject(notStarted(error)))
  }

  get lastError(): string | undefined {
    return this.#errors.trim().split('\n').at(-1)?.slice(0, 500) || undefined
  }

  /** `exit code 1`, `signal KILL`: of the worker, or of the srun before it. */
  get howEnded(): string {
    const { exitCode, signalCode } = this.#child
    return signalCode ? `signal ${signalCode.slice(3)}` : `exit code ${exitCode}`
  }
}

const LONGEST_STDERR = 16_384

function parseEvent(line: string): { type: string } | undefined {
  if (!line.startsWith('{"type"')) return undefined
  try {
    return JSON.parse(line) as { type: string }
  } catch {
    return undefined
  }
}

type Trouble = 'start' | 'silent'

/** Ends a worker that does not begin in time, or of which nothing is to be seen any more. */
function watchOver(
  { order, startDeadlineMs = START_DEADLINE_MS }: WorkerCall<never, unknown>,
  said: Said<never>,
  ending: Ending,
): { readonly trouble: Trouble | undefined; end(): void } {
  const worker = new Watch(order.runDir, WORKER)
  const startedMs = performance.now()
  let trouble: Trouble | undefined
  let goneSinceMs: number | undefined
  const timer = setInterval(() => {
    const nowMs = performance.now()
    if (!said.hasBegun && nowMs - startedMs > startDeadlineMs) trouble ??= 'start'
    goneSinceMs = worker.isGone ? (goneSinceMs ?? nowMs) : undefined
    if (goneSinceMs !== undefined && nowMs - goneSinceMs > GONE_MS) trouble ??= 'silent'
    if (trouble) ending.now()
  }, WATCH_EVERY_MS)
  return {
    get trouble() {
      return trouble
    },
    end: () => clearInterval(timer),
  }
}

function lost<Sample extends { type: 'sample' }, Result>(
  { startDeadlineMs = START_DEADLINE_MS, lostHints: hints = [] }: WorkerCall<Sample, Result>,
  said: Said<Sample>,
  trouble: Trouble | undefined,
): UnreachableError {
  const evidence = said.lastError
  if (trouble === 'start')
    return new UnreachableError(
      `The measuring process did not begin within ${formatDuration(startDeadlineMs)}`,
      { code: 'AIB_WORKER_START', evidence, hints },
    )
  const what = trouble === 'silent' ? 'gives no sign of life any more' : 'ended without a result'
  return new UnreachableError(`The measuring process ${what}`, {
    code: 'AIB_WORKER_LOST',
    where: said.howEnded,
    evidence,
    hints,
  })
}

async function readResult<Result>(
  runDir: string,
  schema: v.GenericSchema<unknown, Result>,
  withinMs: number,
): Promise<Result | undefined> {
  const read = async () => {
    const parsed = v.safeParse(schema, await readJsonIfThere(join(runDir, 'result.json')))
    return parsed.success ? parsed.output : undefined
  }
  const deadline = new Deadline(systemClock, withinMs)
  return poll(read, { deadline, firstPauseMs: 50, longestPauseMs: 1_000 })
}

function notStarted(error: Error): EnvironmentError {
  return new EnvironmentError(`The measuring process could not be started: ${error.message}`, {
    code: 'AIB_WORKER_START',
    cause: error,
  })
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : 'its command was told to end'
}
