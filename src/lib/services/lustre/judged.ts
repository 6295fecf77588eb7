import { publicList } from '../../instrument/filesystem/corpus/lists.js'
import type { JobEnd } from '../../instrument/filesystem/judge/contract.js'
import type { ReadResult } from '../../instrument/filesystem/read/contract.js'
import { readResults } from '../../instrument/filesystem/read/read-results.js'
import { repeatOf } from '../../instrument/filesystem/repeat.js'
import type { ResultRepeat } from '../../instrument/filesystem/result.js'
import { resultDirOf, type RunPlan } from '../../instrument/filesystem/run-plan.js'
import { UsageError } from '../../platform/errors.js'
import { isFolder } from '../../platform/files.js'
import { readEnds } from './job/ends.js'

/** Every repeat that began, from its own files. @param end of the job; undefined while it goes on or where it ended well */
export async function judgedRepeats(
  runDir: string,
  { nodes, tasks, repeats, task }: Pick<RunPlan, 'nodes' | 'tasks' | 'repeats' | 'task'>,
  end?: JobEnd,
): Promise<ResultRepeat[]> {
  const ends = await readEnds(runDir)
  const list = task === 'io500' ? await publicList('lustre') : null
  const judged: ResultRepeat[] = []
  for (let number = 1; number <= repeats; number++) {
    const own = ends.find(({ repeat }) => repeat === number)
    const folder = resultDirOf(runDir, number)
    const isThere = await isFolder(folder)
    if (!own && !isThere) continue
    const isCutOff = own?.exitCode !== 0
    const facts = {
      number,
      resultDir: `results/${number}`,
      exitCode: own?.exitCode ?? null,
      durationMs: own ? Math.round(own.seconds * 1000) : null,
      known: { nodes, tasks, end: isCutOff ? end : undefined },
    }
    judged.push(repeatOf(facts, isThere ? await resultsIn(folder) : [], list))
  }
  return judged
}

/** What failed at once has written nothing that can be read. */
async function resultsIn(folder: string): Promise<ReadResult[]> {
  try {
    return await readResults(folder)
  } catch (error) {
    if (error instanceof UsageError) return []
    throw error
  }
}
