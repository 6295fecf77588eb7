import { join } from 'node:path'
import { readTextIfThere, removeTree, writeAtomically } from '../../../platform/files.js'
import { archiveOf } from './archive.js'
import type { JobContext } from './context.js'

/** In RUN_DIR: an id, of who wants the figures archived now; the same and, on a second line, why they could not be. */
export const ASKED = 'archive.asked'
export const ANSWERED = 'archive.answered'

/** Makes an archive when somebody has asked for one: the agent notices soon. Never throws. */
export async function archiveWhenAsked(context: JobContext, runDir: string): Promise<void> {
  const id = await readTextIfThere(join(runDir, ASKED)).catch(() => undefined)
  if (id === undefined) return
  let why = ''
  try {
    await removeTree(join(runDir, ASKED))
    await archiveOf(context, runDir)
  } catch (error) {
    why = error instanceof Error ? error.message : String(error)
  }
  await writeAtomically(join(runDir, ANSWERED), `${id}\n${why}`).catch(() => undefined)
}
