import { archiveWhenAsked } from './archive-asked.js'
import type { JobContext } from './context.js'

const LOOK_EVERY_MS = 1_000

/** The agent: makes what is scraped agree with what runs. */
export async function watch(context: JobContext, runDir: string): Promise<number> {
  const { clock, stop } = context
  while (!stop.aborted) {
    await archiveWhenAsked(context, runDir)
    await clock.sleep(LOOK_EVERY_MS, stop).catch(() => undefined)
  }
  return 0
}
