import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from '../platform/environment.js'
import { makePrivateDir, writeAtomically } from '../platform/files.js'

/** Partitions come and go by the month; a name that is missing from a completion does no harm. */
const FRESH_MS = 24 * 3_600_000

/** Partition names for the shell's completion, which may not ask the scheduler: refreshed by commands that talk to it anyway. */
export class PartitionCache {
  readonly #path: string

  constructor({ cacheDir }: Pick<Environment, 'cacheDir'>) {
    this.#path = join(cacheDir, 'partitions.json')
  }

  isFresh(now: Date): boolean {
    const stat = statSync(this.#path, { throwIfNoEntry: false })
    return stat !== undefined && now.getTime() - stat.mtimeMs < FRESH_MS
  }

  /** Empty when nothing was kept yet. */
  read(): readonly string[] {
    try {
      const { partitions } = JSON.parse(readFileSync(this.#path, 'utf8')) as {
        partitions: string[]
      }
      return partitions
    } catch {
      return []
    }
  }

  /** A cache that can't be written is none; never throws. */
  async write(partitions: readonly string[]): Promise<void> {
    if (partitions.length === 0) return
    try {
      await makePrivateDir(dirname(this.#path))
      await writeAtomically(this.#path, JSON.stringify({ partitions }))
    } catch {
      // The next command tries again.
    }
  }
}
