import { setTimeout as sleepFor } from 'node:timers/promises'

/** The time of day for records, the monotonic clock for every duration and deadline. */
export interface Clock {
  now(): Date
  /** Milliseconds on a clock that never steps. */
  monotonicMs(): number
  /** @throws the signal's reason when it is aborted */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted()
    await sleepFor(ms, undefined, { signal }).catch(() => signal?.throwIfAborted())
  },
}

/** A point on the monotonic clock after which waiting ends. */
export class Deadline {
  readonly #endMs: number

  constructor(
    readonly clock: Clock,
    readonly durationMs: number,
  ) {
    this.#endMs = clock.monotonicMs() + durationMs
  }

  get remainingMs(): number {
    return Math.max(0, this.#endMs - this.clock.monotonicMs())
  }

  get passed(): boolean {
    return this.remainingMs === 0
  }
}

export interface PollOptions {
  deadline: Deadline
  /** Pauses between tries: starts here … */
  firstPauseMs: number
  /** … and grows by half each time, up to this. */
  longestPauseMs: number
  signal?: AbortSignal
}

/**
 * The one waiting loop: tries until `probe` answers something other than undefined, or the deadline passes.
 * @returns the answer, or undefined at the deadline; the probe is always tried once more at the deadline.
 */
export async function poll<T>(
  probe: () => Promise<T | undefined>,
  { deadline, firstPauseMs, longestPauseMs, signal }: PollOptions,
): Promise<T | undefined> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const last = deadline.passed
    const answer = await probe()
    if (answer !== undefined || last) return answer
    await deadline.clock.sleep(Math.min(pauseMs, deadline.remainingMs), signal)
  }
}
