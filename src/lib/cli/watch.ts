import type { Clock } from '../platform/clock.js'

/** Sites ask not to be polled more often. */
const PAUSE_MS = 15_000

/** Shows again and again, on a terminal in place, until the signal; that end is no error. */
export async function watch(
  show: () => Promise<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (process.stdout.isTTY) process.stdout.write('\x1b[H\x1b[2J')
    await show()
    await clock.sleep(PAUSE_MS, signal).catch(() => undefined)
  }
}
