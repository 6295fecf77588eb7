import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { AibenchError } from '../platform/errors.js'
import { serveNothing } from './null-server.js'
import { WorkerOrderSchema, type WorkerEvent } from './vectors/plan.js'
import { runVectorBench } from './vectors/run.js'

/**
 * `node dist/worker.js ORDER_FILE`: the measuring process. Speaks JSON lines on stdout ({@link WorkerEvent}); its result is a file.
 * TERM, INT and the end of whoever reads stdout end it early, with what was measured and without its collection.
 */
async function main(orderFile: string): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort())
  process.stdout.on('error', () => stop.abort())
  const emit = (event: WorkerEvent) => void process.stdout.write(JSON.stringify(event) + '\n')
  try {
    const order = v.parse(WorkerOrderSchema, JSON.parse(await readFile(orderFile, 'utf8')))
    const program = fileURLToPath(import.meta.url)
    await runVectorBench({ order, emit, signal: stop.signal, program })
    emit({ type: 'phase', phase: 'done', text: '' })
  } catch (error) {
    emit(failureOf(error))
    process.exitCode = 1
  }
}

function failureOf(error: unknown): WorkerEvent {
  const { message } = error as Error
  return error instanceof AibenchError
    ? {
        type: 'failed',
        code: error.code,
        exitCode: error.exitCode,
        message,
        evidence: error.evidence,
        hints: error.hints,
      }
    : {
        type: 'failed',
        code: codeOf(error),
        exitCode: codeOf(error) === 'AIB_BUG' ? 1 : 3,
        message,
        hints: [],
      }
}

/** A full or read-only disk is the machine's, all else is ours. */
function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes(code ?? '')
    ? 'AIB_CANNOT_WRITE'
    : 'AIB_BUG'
}

if (process.argv[2] === '--null-server') serveNothing()
else await main(process.argv[2])
