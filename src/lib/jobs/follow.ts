import { readReceipt } from '../scheduler/receipt.js'
import type { Instance } from '../state/schema.js'
import type { Context } from './contract.js'
import type { Observation } from './observation.js'
import { reconcile } from './reconcile.js'

/** While following, the scheduler is asked this seldom whether the job is still there. */
const ALIVE_PAUSE_MS = 30_000

/**
 * Looks again and again until the instance has ended, or the command is left. What is looked at is its files; the scheduler is asked
 * twice a minute, and when the receipt is there.
 */
export async function followInstance(
  context: Context,
  instance: Instance,
  pauseMs: number,
  look: (seen: Observation) => Promise<void>,
): Promise<Observation> {
  let seen: Observation = { instance }
  let askedMs = -Infinity
  while (!context.signal.aborted) {
    if (context.clock.monotonicMs() - askedMs > ALIVE_PAUSE_MS || (await hasReceipt(seen))) {
      ;[seen] = await reconcile(context, [seen.instance])
      askedMs = context.clock.monotonicMs()
    }
    await look(seen)
    if (seen.instance.phase === 'ended') break
    await context.clock.sleep(pauseMs, context.signal).catch(() => undefined)
  }
  return seen
}

async function hasReceipt({ instance: { runDir, token } }: Observation): Promise<boolean> {
  return (await readReceipt(runDir, token)) !== undefined
}
