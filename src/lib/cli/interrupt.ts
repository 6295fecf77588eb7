import { InterruptedError } from '../platform/errors.js'

interface Answers {
  /** The first signal: the work is asked to end, with what it has. */
  first(error: InterruptedError): void
  /** The second: what must be said in any case is said now. @returns the exit code */
  last(error: InterruptedError): number
}

/**
 * One Ctrl-C can come twice: from the terminal, and passed on by npx or sudo before us. Nobody presses it again as fast, nor has read that
 * it may be pressed again.
 */
const ECHO_MS = 250

/** The first signal asks the work to end, with what it has; the second ends at once. Up to the very end of the process. */
export function interruptible({ first, last }: Answers): AbortSignal {
  const controller = new AbortController()
  let firstMs = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      const error = new InterruptedError(name)
      if (controller.signal.aborted) {
        if (performance.now() - firstMs < ECHO_MS) return
        process.exit(last(error))
      }
      firstMs = performance.now()
      first(error)
      controller.abort(error)
    })
  return controller.signal
}
