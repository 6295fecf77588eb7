import { quote } from '../../platform/command-line.js'
import { basename, dirname, join } from 'node:path'
import { readRunPlan, type RunPlan } from '../../instrument/filesystem/run-plan.js'
import { EnvironmentError } from '../../platform/errors.js'
import { realPath } from '../../platform/file-system.js'
import { isFolder } from '../../platform/files.js'
import { distrustOf } from '../../platform/ownership.js'

/** The directory of a run's test files: in the user's, named after the run. It is made for the run, and gone after it. */
export function dataDirOf(dir: string, id: string): string {
  return join(dir, `aibench-${id}`)
}

/** At the end of the name of its run directory. */
export const runIdOf = (runDir: string): string => basename(runDir).split('-').at(-1)!

export interface LeftOver {
  folder: string
  plan: RunPlan
}

/**
 * What a run has left on the file system. All in it is removed by who asks for that, so nothing is believed: a plan may have been edited,
 * a directory replaced by a link.
 * @returns undefined where nothing is left
 * @throws EnvironmentError `AIB_NOT_OURS` for anything but a directory of this run that is the user's own
 */
export async function leftOverOf(runDir: string): Promise<LeftOver | undefined> {
  const plan = await readRunPlan(runDir)
  if (!plan) return undefined
  const folder = plan.dataDir
  const refuse = (why: string) =>
    new EnvironmentError(`${folder} is not removed: ${why}`, {
      code: 'AIB_NOT_OURS',
      where: join(runDir, 'plan.json'),
      hints: [`ls -ld ${quote(folder)}`],
    })
  const id = runIdOf(runDir)
  if (plan.id !== id || folder !== dataDirOf(plan.dir, id))
    throw refuse(`the test files of run ${id} are in a directory called aibench-${id}`)
  const distrust = await distrustOf(folder)
  if (distrust !== undefined) throw refuse(distrust)
  if (!(await isFolder(folder))) return undefined
  if ((await realPath(folder)) !== folder)
    throw refuse(`${dirname(folder)} is reached by a link now`)
  return { folder, plan }
}
