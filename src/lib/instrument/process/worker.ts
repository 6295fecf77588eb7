import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { AibenchError } from '../../platform/errors.js'
import { failureOf as toldOf, type Failure } from '../../platform/failure.js'
import { InferenceConfigSchema, type InferenceConfig } from '../inference/plan.js'
import type { ServerInfo } from '../inference/preflight.js'
import type { RemoteWorkerConfig } from '../load/remote-protocol.js'
import { serveNothing } from '../http/null-server.js'
import { VectorConfigSchema, type VectorConfig } from '../vectors/plan.js'
import type { QueryContext } from '../vectors/remote.js'
import { writeRunReceipt } from './run-receipt.js'
import { Stopping } from './stopping.js'
import type { HelloEvent } from './worker-events.js'

const OrderSchema = v.variant('kind', [
  VectorConfigSchema,
  InferenceConfigSchema,
  v.looseObject({ kind: v.literal('remote-worker') }),
])

/**
 * `node dist/worker.js ORDER_FILE`: the measuring process. Speaks JSON lines on stdout ({@link worker-events.ts}); its result is a file,
 * and so is its receipt. Told to stop in one of the ways of {@link Stopping}, it ends early, with what was measured and without its
 * collection.
 */
async function main(orderFile: string): Promise<void> {
  const stopping = new Stopping()
  const emit = (event: object) => void process.stdout.write(JSON.stringify(event) + '\n')
  const program = fileURLToPath(import.meta.url)
  const crash = new Crash(stopping, emit)
  let runDir: string | undefined
  try {
    const order = v.parse(OrderSchema, JSON.parse(await readFile(orderFile, 'utf8')))
    const options = { emit, signal: stopping.signal, program }
    if (order.kind === 'remote-worker') {
      const remote = order as unknown as RemoteWorkerConfig<{ runDir: string }, unknown>
      await stopping.watch(remote.config.runDir, false, program)
      await runRemote(remote, stopping.signal)
      return crash.rethrow()
    }
    runDir = order.runDir
    await stopping.watch(runDir, true, program)
    emit({ type: 'hello' } satisfies HelloEvent)
    if (order.kind === 'vectors') {
      const { runVectorBench } = await import('../vectors/run.js')
      await runVectorBench({ ...options, order })
    } else {
      const { runInferenceBench } = await import('../inference/run.js')
      await runInferenceBench({ ...options, order })
    }
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

async function runRemote(
  remote: RemoteWorkerConfig<{ runDir: string }, unknown>,
  signal: AbortSignal,
): Promise<void> {
  if (remote.of === 'vectors') {
    const { runVectorRemote } = await import('../vectors/remote.js')
    await runVectorRemote(remote as RemoteWorkerConfig<VectorConfig, QueryContext>, signal)
  } else {
    const { runInferenceRemote } = await import('../inference/remote.js')
    await runInferenceRemote(remote as RemoteWorkerConfig<InferenceConfig, ServerInfo>, signal)
  }
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

if (process.argv[2] === '--null-server') serveNothing()
else await main(process.argv[2])
