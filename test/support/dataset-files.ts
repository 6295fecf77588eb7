import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Files of a test's own datasets, in a folder that goes with it. */
export function datasetFiles() {
  let dir = ''
  let made = 0
  before(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-datasets-'))))
  after(() => rm(dir, { recursive: true }))
  return {
    path: (name: string) => join(dir, name),
    async put(text: string): Promise<string> {
      const path = join(dir, `${made++}.data`)
      await writeFile(path, text)
      return path
    },
    lines(...rows: unknown[]): Promise<string> {
      return this.put(rows.map((row) => JSON.stringify(row) + '\n').join(''))
    },
  }
}

export function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
}
