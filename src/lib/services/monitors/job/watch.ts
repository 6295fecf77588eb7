import type { JobContext } from './context.js'

const LOOK_EVERY_MS = 1_000

/** The agent: makes what is scraped agree with what runs. */
export async function watch({ clock, stop }: JobContext, _runDir: string): Promise<number> {
  while (!stop.aborted) await clock.sleep(LOOK_EVERY_MS, stop).catch(() => undefined)
  return 0
}
