/** After a failure a place rests this long, or a server that refuses at once would be asked thousands of times a second. */
export const FAILURE_PAUSE_MS = 5

/** The requests of a pass that are on their way, and the room for more. */
export class InFlight {
  count = 0
  /** When it was last so that no more were allowed; what was due before then could not be sent before then. */
  fullUntilMs = -Infinity
  #onRoom: (() => void) | null = null
  #onNone: (() => void) | null = null

  /** @param limit Infinity for none */
  constructor(readonly limit: number) {}

  enter(): void {
    this.count++
  }

  leave(nowMs: number, failed: boolean): void {
    const pauseMs = failed ? FAILURE_PAUSE_MS : 0
    if (this.count-- === this.limit) this.fullUntilMs = nowMs + pauseMs
    const onRoom = this.#onRoom
    this.#onRoom = null
    if (onRoom) defer(onRoom, failed)
  }

  /** Once the end of a request has been dealt with. */
  tell(): void {
    if (this.count === 0) this.#onNone?.()
  }

  /** Resolves when one more may be sent. */
  async room(): Promise<void> {
    while (this.count >= this.limit) await new Promise<void>((go) => (this.#onRoom = go))
  }

  /** Resolves when all have ended. */
  async none(): Promise<void> {
    if (this.count > 0) await new Promise<void>((go) => (this.#onNone = go))
  }
}

/** Goes on a turn later, so that a server which closes after its answer is heard of first; longer after a failure. */
export function defer(go: () => void, failed: boolean): void {
  if (failed) setTimeout(go, FAILURE_PAUSE_MS)
  else setImmediate(go)
}

/** Stopped, all in flight has ended at once: what is still waited for after that would never come. */
export function soonAfter(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const soon = () => void setTimeout(resolve, SOON_MS)
    if (signal.aborted) soon()
    else signal.addEventListener('abort', soon, { once: true })
  })
}

const SOON_MS = 500
