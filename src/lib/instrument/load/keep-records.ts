import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cannotWrite } from '../../platform/cannot-write.js'
import { appendFiles, dropLastLines, removeTree, writeJson } from '../../platform/files.js'
import type { Recorder } from '../measure/recorder.js'
import { recordsPath } from './worker.js'

/** Of the result itself, and of the state that names it. */
const ROOM_FOR_RESULT_BYTES = 1 << 16

interface Written {
  leader: { close(): Promise<void> }
  series: Recorder
  workers: number
  result: object
}

/**
 * Ends the records and writes the result. A full disk is told after what could be kept was kept: the figures take the place of the last
 * records.
 */
export async function keepRecords(runDir: string, written: Written): Promise<void> {
  const { workers, result } = written
  const [first, ...others] = Array.from({ length: workers }, (_, index) =>
    recordsPath(runDir, index),
  )
  const failure = await closeAll(written, first, others).then(
    () => null,
    (error: unknown) => ({ error }),
  )
  if (failure) await dropLastLines(first, ROOM_FOR_RESULT_BYTES)
  for (let i = 1; i < workers; i++) await removeTree(join(runDir, `worker-${i}.json`))
  await writeJson(join(runDir, 'result.json'), result)
  if (failure) throw cannotWrite(runDir, failure.error)
}

async function closeAll(
  { leader, series }: Written,
  first: string,
  others: readonly string[],
): Promise<void> {
  const closing = await Promise.allSettled([leader.close(), series.close()])
  const failed = closing.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
  // One that was lost at its start has none.
  await appendFiles(first, others.filter(existsSync))
}
