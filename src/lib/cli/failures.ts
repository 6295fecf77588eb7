import { cannotUse } from '../platform/cannot-write.js'
import { readEnvironment } from '../platform/environment.js'
import { isParseError, parseErrorInWords } from './parse-errors.js'
import { AibenchError, BugError, isErrno } from '../platform/errors.js'

/** Turns what oclif's parser and Node throw into errors of ours. */
export function asAibenchError(cause: unknown, command: string): AibenchError {
  if (cause instanceof AibenchError) return cause
  if (isParseError(cause)) return parseErrorInWords(cause, command)
  if (isErrno(cause, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'))
    return cannotUse(cause, readEnvironment().stateDir)
  const message = cause instanceof Error ? cause.message : String(cause)
  return new BugError(`Internal error in aibench: ${message}`, {
    cause,
    hints: ['try the same command again; if it fails again, report it with the details below'],
  })
}
