import { join } from 'node:path'
import { listNames, readTextIfThere, removeTree } from '../platform/files.js'
import { distrustOf } from '../platform/ownership.js'
import type { Instance } from '../state/schema.js'

/** Settings may hold what the user's own environment file says. Only a job that runs needs them. */
const SECRET = /^job\.env$|\.(token|header)$/

/**
 * What a job's script removes when it ends, for one that was killed and could not: the secrets of the instance and, of a local job,
 * its temporary folder. And its settings, which the script leaves for a life after a requeue.
 */
export async function clearAfterEnd({ runDir, scheduler }: Instance): Promise<void> {
  // Another's folder may have been put in its place.
  if (await distrustOf(runDir)) return
  const secrets = (await listNames(runDir)).filter((name) => SECRET.test(name))
  for (const name of secrets) await removeTree(join(runDir, name))
  const scratch = (await readTextIfThere(join(runDir, 'scratch')))?.trim()
  // On another machine the folder of that name is not ours.
  if (scheduler === 'local' && scratch && /\/aibench-\w{6}$/.test(scratch))
    await removeTree(scratch)
}
