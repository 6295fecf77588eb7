import { InterruptedError } from '../platform/errors.js'

/** The first signal asks the work to end, with what it has; the second ends at once. */
export function interruptible(say: (text: string) => void): {
  signal: AbortSignal
  release(): void
} {
  const controller = new AbortController()
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => {
    const handler = () => {
      const error = new InterruptedError(name)
      if (controller.signal.aborted) process.exit(error.exitCode)
      say(name === 'SIGINT' ? 'ending; Ctrl-C again ends at once' : `ending, because of ${name}`)
      controller.abort(error)
    }
    process.on(name, handler)
    return [name, handler] as const
  })
  return {
    signal: controller.signal,
    release: () => handlers.forEach(([name, handler]) => process.off(name, handler)),
  }
}
