import { dirname } from 'node:path'
import { cannotWrite } from '../platform/cannot-write.js'
import { readEnvironment } from '../platform/environment.js'
import { AibenchError, BugError, isErrno, UsageError } from '../platform/errors.js'

/** Turns what oclif's parser and Node throw into errors of ours. */
export function asAibenchError(cause: unknown, command: string): AibenchError {
  if (cause instanceof AibenchError) return cause
  if (isParseError(cause))
    return new UsageError(
      cause.message
        .split('\n')
        .filter(
          (line) => line && !/^See more help|^The following errors? occurred/.test(line.trim()),
        )
        .map((line) => line.trim())
        .join(' '),
      {
        code: 'AIB_FLAGS',
        hints: [`aibench ${command} --help`],
      },
    )
  if (isErrno(cause, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'))
    return cannotWrite(cause.path ? dirname(cause.path) : readEnvironment().stateDir, cause)
  const message = cause instanceof Error ? cause.message : String(cause)
  return new BugError(`aibench has made a mistake: ${message}`, {
    cause,
    hints: ['the same command again'],
  })
}

/** oclif's CLIError of the parser: it knows the flag or argument. */
function isParseError(error: unknown): error is Error {
  return error instanceof Error && 'oclif' in error
}
