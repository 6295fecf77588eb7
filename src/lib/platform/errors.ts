/**
 * Errors, classed by who must act. The message is a sentence about the user's world; `hints` are lines that a person can
 * act on, commands ready to paste first. The class decides the exit code; `cli/` decides how it looks.
 */

export interface ErrorDetails {
  /** Stable name for scripts, `AIB_…`. */
  code?: string
  /** What to try: commands ready to paste, or a short fact such as `partitions: cpu gpu`. */
  hints?: readonly string[]
  /** What was typed as the value of a flag, and goes when hints are flags that stand in for it. */
  typed?: string
  /** Where it happened: `job 4812351 on mel0112, after 3 s, while loading; exit code 1`. */
  where?: string
  /** The decisive line, with its file: `stderr.log:41  SqliteError: database or disk is full`. */
  evidence?: string
  /** What was found or measured nevertheless; becomes `data` of the `--json` envelope. */
  data?: unknown
  cause?: unknown
}

export abstract class AibenchError extends Error {
  abstract readonly exitCode: number
  readonly code: string
  /** Whoever knows more about what was asked may aim them better. */
  hints: readonly string[]
  readonly typed?: string
  readonly where?: string
  readonly evidence?: string
  readonly data?: unknown

  constructor(message: string, details: ErrorDetails = {}, fallbackCode = 'AIB_BUG') {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = details.code ?? fallbackCode
    this.hints = details.hints ?? []
    this.typed = details.typed
    this.where = details.where
    this.evidence = details.evidence
    this.data = details.data
  }
}

/** We made a mistake. */
export class BugError extends AibenchError {
  readonly exitCode = 1
}

/** Flags, arguments or an input file are wrong. */
export class UsageError extends AibenchError {
  readonly exitCode = 2
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_USAGE')
  }
}

/** Several things are meant by what was typed; the command line with one of these names is the way out. */
export class NameNeededError extends UsageError {
  constructor(
    message: string,
    readonly names: readonly string[],
  ) {
    super(message, { code: 'AIB_NAME_NEEDED' })
  }
}

/** Something that this machine or site lacks or refuses: a program, a partition, space, permission. */
export class EnvironmentError extends AibenchError {
  readonly exitCode = 3
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_ENVIRONMENT')
  }
}

/** No instance, run or key of that name. */
export class NotFoundError extends AibenchError {
  readonly exitCode = 4
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_NOT_FOUND')
  }
}

/** The scheduler refused, or could not be asked. */
export class SchedulerError extends AibenchError {
  readonly exitCode = 5
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_SCHEDULER')
  }
}

/** The job ended when it should have lived, or ended badly. */
export class JobFailedError extends AibenchError {
  readonly exitCode = 6
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_JOB_FAILED')
  }
}

/** The service does not answer. */
export class UnreachableError extends AibenchError {
  readonly exitCode = 7
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_UNREACHABLE')
  }
}

/** Not there yet when the deadline came; asking again later is right. */
export class PendingError extends AibenchError {
  readonly exitCode = 8
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_PENDING')
  }
}

/** The state file can't be locked, read or understood. */
export class StateError extends AibenchError {
  readonly exitCode = 9
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_STATE')
  }
}

/** The benchmark ran, but the instrument was the limit: its numbers are not the server's. */
export class InstrumentError extends AibenchError {
  readonly exitCode = 10
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_INSTRUMENT')
  }
}

/** Measured well, and a threshold was missed. */
export class ThresholdError extends AibenchError {
  readonly exitCode = 99
  constructor(message: string, details?: ErrorDetails) {
    super(message, details, 'AIB_THRESHOLD')
  }
}

/** The user pressed Ctrl-C or the process was told to end; 130 for INT, 143 for TERM, 129 for a hang-up. */
export class InterruptedError extends AibenchError {
  readonly exitCode: number
  /** @param what is left behind by it, if there is something to say: `job 4 goes on` */
  constructor(
    readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP',
    details?: ErrorDetails,
    what?: string,
  ) {
    const by = `Interrupted by ${signal === 'SIGINT' ? 'Ctrl-C' : signal}`
    super(what ? `${by}: ${what}` : by, details, 'AIB_INTERRUPTED')
    this.exitCode = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]
  }

  /** Of a signal that was aborted by one of these. */
  static of({ reason }: AbortSignal, details?: ErrorDetails, what?: string): InterruptedError {
    const signal = reason instanceof InterruptedError ? reason.signal : 'SIGINT'
    return new InterruptedError(signal, details, what)
  }
}

export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
}
