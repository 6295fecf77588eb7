import type { Context } from './contract.js'
import { mayBeCollected } from './hooks.js'
import { reconcile } from './reconcile.js'

/** Sees to it that the results of all batch jobs that have ended are there. Asks about those alone that may have. */
export async function collectEnded(context: Context): Promise<void> {
  const { instances } = await context.state.read()
  const due = Object.values(instances).filter((instance) => mayBeCollected(instance))
  if (due.length > 0) await reconcile(context, due)
}
