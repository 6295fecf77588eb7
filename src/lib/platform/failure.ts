import {
  AibenchError,
  BugError,
  EnvironmentError,
  JobFailedError,
  NotFoundError,
  UnreachableError,
  UsageError,
  type ErrorDetails,
} from './errors.js'

/** An error of ours on its way from one process to another, as a line of JSON; thrown again as the class that `exitCode` says. */
export interface Failure {
  type: 'failed'
  code: string
  exitCode: number
  message: string
  evidence?: string
  hints: readonly string[]
}

export function failureOf(error: AibenchError): Failure {
  const { code, exitCode, message, evidence, hints } = error
  return { type: 'failed', code, exitCode, message, evidence, hints }
}

/** @param data what was reached before it failed */
export function errorOf(
  { code, exitCode, message, evidence, hints }: Failure,
  data?: unknown,
): AibenchError {
  const details: ErrorDetails = { code, evidence, hints, data }
  const classes: Record<number, new (message: string, details?: ErrorDetails) => AibenchError> = {
    2: UsageError,
    3: EnvironmentError,
    4: NotFoundError,
    6: JobFailedError,
    7: UnreachableError,
  }
  return new (classes[exitCode] ?? BugError)(message, details)
}
