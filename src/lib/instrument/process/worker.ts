import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { AibenchError, BugError } from '../../platform/errors.js'
import { failureOf as toldOf, type Failure } from '../../platform/failure.js'
import { serveNothing } from '../http/null-server.js'
import { writeRunReceipt } from './run-receipt.js'
import { Stopping } from './stopping.js'
import type { HelloEvent } from './worker-events.js'

/** What measures one kind of benchmark. */
export interface Work {
  /** The whole benchmark. Writes its files; interrupted, it ends early with what was measured. */
  lead(config: unknown, io: WorkerIo): Promise<unknown>
  /** As a further worker, the part of it that another one leads; absent of a kind that has one worker only. */
  assist?(remote: unknown, signal: AbortSignal): Promise<void>
}

export interface WorkerIo {
  emit(event: object): void
  signal: AbortSignal
  /** This program, to be started again as a null server or a further worker. */
  program: string
}

/** What there is to measure, by its kind: only what is asked for is loaded. */
export type Works = Readonly<Record<string, () => Promise<Work>>>

const OrderSchema = v.variant('kind', [
  v.looseObject({
    kind: v.literal('remote-worker'),
    of: v.string(),
    config: v.looseObject({ runDir: v.string() }),
  }),
  v.looseObject({ kind: v.string(), runDir: v.string() }),
])

/**
 * `node dist/worker.js ORDER_FILE`: the measuring process. Speaks JSON lines on stdout ({@link worker-events.ts}); its result is a file,
 * and so is its receipt. Told to stop in one of the ways of {@link Stopping}, it ends early, with what was measured and without its
 * collection.
 * @param program the file that was started
 */
export async function measuringProcess(works: Works, program: string): Promise<void> {
  if (process.argv[2] === '--null-server') return serveNothing()
  const stopping = new Stopping()
  const emit = (event: object) => void process.stdout.write(JSON.stringify(event) + '\n')
  const crash = new Crash(stopping, emit)
  let runDir: string | undefined
  try {
    const order = v.parse(OrderSchema, JSON.parse(await readFile(process.argv[2], 'utf8')))
    if ('of' in order && order.kind === 'remote-worker') {
      const { of, config } = order as { of: string; config: { runDir: string } }
      await stopping.watch(config.runDir, false, program)
      await (
        await workOf(works, of)
      ).assist!(order, stopping.signal)
      return crash.rethrow()
    }
    runDir = order.runDir as string
    await stopping.watch(runDir, true, program)
    emit({ type: 'hello' } satisfies HelloEvent)
    const work = await workOf(works, order.kind)
    await work.lead(order, { emit, signal: stopping.signal, program })
    crash.rethrow()
    await receipt(runDir, stopping.why)
    emit({ type: 'phase', phase: 'done', text: '' })
  } catch (error) {
    const failure = failureOf(error)
    if (runDir !== undefined) await receipt(runDir, stopping.why, failure.message)
    emit(failure)
    process.exitCode = 1
    // Whatever was left open by the failure must not keep us: the caller waits for our end.
    setTimeout(() => process.exit(), LEFT_OPEN_MS).unref()
  }
}

async function workOf(works: Works, kind: string): Promise<Work> {
  if (!Object.hasOwn(works, kind)) throw new BugError(`Nothing measures "${kind}"`)
  return works[kind]()
}

function receipt(runDir: string, stopped?: string, failure?: string): Promise<void> {
  const how = stopped !== undefined ? 'interrupted' : failure === undefined ? 'done' : 'failed'
  const endedAt = new Date().toISOString()
  return writeRunReceipt(runDir, { how, why: stopped ?? failure ?? null, endedAt })
}

/** For stdout to be read by a slow caller. */
const LEFT_OPEN_MS = 2_000

function failureOf(error: unknown): Failure {
  if (error instanceof AibenchError) return toldOf(error)
  const code = codeOf(error)
  return {
    type: 'failed',
    code,
    exitCode: code === 'AIB_BUG' ? 1 : 3,
    message: (error as Error).message,
    evidence: ourLineOf(error),
    hints: [],
  }
}

/** `at PassRun.#add (worker.js:120:7)`: where in our code it happened. */
function ourLineOf(error: unknown): string | undefined {
  const lines = String((error as Error).stack).split('\n')
  const ours = lines.find((line) => /^\s+at /.test(line) && !/node:|node_modules/.test(line))
  return ours?.trim().replace(/(file:\/\/)?\/[^()]*\//, '')
}

/** What nobody has caught: the run ends as if it were stopped, with what was measured, and then tells of it. */
class Crash {
  #error: { thrown: unknown } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(stopping: Stopping, emit: (event: Failure) => void) {
    process.on('uncaughtException', (error) => {
      if (this.#error) return
      this.#error = { thrown: error }
      stopping.stop(`a mistake of ours: ${error.message}`)
      this.#timer = setTimeout(() => {
        emit(failureOf(error))
        process.exit(1)
      }, CRASHED_MS)
    })
  }

  /** @throws what was not caught */
  rethrow(): void {
    if (!this.#error) return
    clearTimeout(this.#timer)
    throw this.#error.thrown
  }
}

/** To write what was measured, after a crash that may have left anything waiting. */
const CRASHED_MS = 15_000

/** A full or read-only disk is the machine's, all else is ours. */
function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes(code ?? '')
    ? 'AIB_CANNOT_WRITE'
    : 'AIB_BUG'
}
