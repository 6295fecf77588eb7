import { once } from 'node:events'
import type { JobContext } from './context.js'

/** The agent: makes what is scraped agree with what runs. */
export async function watch({ stop }: JobContext, _runDir: string): Promise<number> {
  if (!stop.aborted) await once(stop, 'abort')
  return 0
}
