import { join } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import { Deadline } from '../../platform/clock.js'
import { readTextIfThere, removeTree, writeAtomically } from '../../platform/files.js'
import { shortId } from '../../platform/identifiers.js'
import type { Instance } from '../../state/schema.js'
import { ANSWERED, ASKED } from './job/archive-asked.js'
import { keptAfterEnd } from './rescued.js'

/** What the data of a week takes, and a look each second. */
const LONGEST_MS = 90_000
const LOOK_EVERY_MS = 200

/**
 * Brings what monitors hold into their run directory: the figures of those that run lie on another node, where the agent of their job
 * makes an archive when it is asked by a file.
 */
export async function archiveBefore(context: Context, instance: Instance): Promise<void> {
  const { runDir, phase, name } = instance
  if (phase === 'ended') return keptAfterEnd(context, instance)
  if (phase !== 'ready') return
  const id = shortId()
  const step = context.progress.step('archived')
  await removeTree(join(runDir, ANSWERED))
  await writeAtomically(join(runDir, ASKED), id)
  const deadline = new Deadline(context.clock, LONGEST_MS)
  while (!deadline.passed) {
    const answer = await readTextIfThere(join(runDir, ANSWERED))
    const [about, what = ''] = answer?.split('\n') ?? []
    if (about === id) {
      if (what !== '') context.warn(`the figures of ${name} could not be archived: ${what}`)
      return step.done(what === '' ? 'a snapshot' : 'not')
    }
    await context.clock.sleep(LOOK_EVERY_MS, context.signal)
  }
  await removeTree(join(runDir, ASKED))
  step.done('not')
  context.warn(`the figures of ${name} are not saved: the agent of their job does not answer`)
}
