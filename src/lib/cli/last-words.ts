import { BugError } from '../platform/errors.js'
import { modeFrom } from './base-command.js'
import { errorRecord, Output } from './output.js'

/**
 * What is said of an error that nobody caught: a sentence or, under --json, the one object that was promised, and never a stack. For the
 * program's start and for what flies outside of any command.
 */
export function lastWords(cause: unknown, argv: readonly string[], version: string): void {
  const message = cause instanceof Error ? cause.message : String(cause)
  const error = errorRecord(
    new BugError(`Internal error in aibench: ${message}`, {
      hints: ['try the same command again; if it fails again, report it'],
    }),
  )
  process.exitCode = 1
  const output = new Output(modeFrom(argv))
  if (!output.mode.json) return output.error(error)
  if (Output.hasSpoken) return
  output.envelope({
    ...{ schema: 'aibench/unknown/1', ok: false, exitCode: 1, data: null, error, warnings: [] },
    meta: { version, command: '', durationMs: 0 },
  })
}
