/** A timer's own unit, and how late it usually is. */
const TIMER_MS = 1.5

/**
 * Waits for a point of `performance.now()`. A timer alone is a millisecond off and may come early: this sleeps short of it, then goes round
 * the event loop, which lets sockets be read meanwhile. `spinMs` bounds that, for callers whose waits follow each other so fast that
 * spinning would fill a core.
 */
export async function waitUntil(
  dueMs: number,
  signal: AbortSignal,
  spinMs = TIMER_MS,
): Promise<void> {
  const left = dueMs - performance.now()
  if (left > spinMs + 0.5) await sleep(left - spinMs, signal)
  while (performance.now() < dueMs && !signal.aborted) await new Promise((go) => setImmediate(go))
}

/** Ends early, and quietly, when aborted. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
