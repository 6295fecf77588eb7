/** After a failure a slot rests this long, or a server that refuses at once would be asked thousands of times a second. */
export const FAILURE_PAUSE_MS = 5

/** The requests of a repeat that are on their way, and the slots for more. */
export class InFlight {
  count = 0
  /** When it was last so that no more were allowed; what was due before then could not be sent before then. */
  fullUntilMs = -Infinity
  #onSlot: (() => void) | null = null
  #onNone: (() => void) | null = null

  /** @param limit Infinity for none */
  constructor(readonly limit: number) {}

  enter(): void {
    this.count++
  }

  leave(nowMs: number, failed: boolean): void {
    const pauseMs = failed ? FAILURE_PAUSE_MS : 0
    if (this.count-- === this.limit) this.fullUntilMs = nowMs + pauseMs
    const onSlot = this.#onSlot
    this.#onSlot = null
    if (onSlot) defer(onSlot, failed)
  }

  /** Once the end of a request has been dealt with. */
  tell(): void {
    if (this.count === 0) this.#onNone?.()
  }

  /** Resolves when one more may be sent. */
  async waitForSlot(): Promise<void> {
    while (this.count >= this.limit) await new Promise<void>((go) => (this.#onSlot = go))
  }

  /** Resolves when all have ended. */
  async none(): Promise<void> {
    if (this.count > 0) await new Promise<void>((go) => (this.#onNone = go))
  }
}

/** Goes on a turn later, so that a server which closes after its response is heard of first; longer after a failure. */
export function defer(go: () => void, failed: boolean): void {
  if (failed) setTimeout(go, FAILURE_PAUSE_MS)
  else setImmediate(go)
}

/** Stopped, all in flight has ended at once: what is still waited for after that would never come. Forgets the signal at its end. */
export function soonAfter(signal: AbortSignal): Disposable & { promise: Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  let onAbort: () => void
  const promise = new Promise<void>((resolve) => {
    onAbort = () => void (timer = setTimeout(resolve, SOON_MS))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  return {
    promise,
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}

const SOON_MS = 500
