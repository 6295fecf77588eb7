import { InterruptedError } from '../platform/errors.js'

interface Answers {
  /** The first signal: the work is asked to end, with what it has. */
  first(error: InterruptedError): void
  /** The second: what must be said in any case is said now. @returns the exit code */
  last(error: InterruptedError): number
}

/** The first signal asks the work to end, with what it has; the second ends at once. Up to the very end of the process. */
export function interruptible({ first, last }: Answers): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      const error = new InterruptedError(name)
      if (controller.signal.aborted) process.exit(last(error))
      first(error)
      controller.abort(error)
    })
  return controller.signal
}
