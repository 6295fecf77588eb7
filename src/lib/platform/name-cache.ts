import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from './environment.js'
import { makePrivateDir, writeAtomically } from './files.js'

/** Such names come and go by the month; one that is missing from a completion does no harm. */
const FRESH_MS = 24 * 3_600_000

/**
 * Names for the shell's completion, which may ask nobody: `<cacheDir>/NAME.json`, refreshed by commands that talk to the scheduler
 * anyway.
 */
export class NameCache {
  readonly #path: string

  constructor({ cacheDir }: Pick<Environment, 'cacheDir'>, name: string) {
    this.#path = join(cacheDir, `${name}.json`)
  }

  isFresh(now: Date): boolean {
    const stat = statSync(this.#path, { throwIfNoEntry: false })
    return stat !== undefined && now.getTime() - stat.mtimeMs < FRESH_MS
  }

  /** Empty when nothing was kept yet. */
  read(): readonly string[] {
    try {
      const { names } = JSON.parse(readFileSync(this.#path, 'utf8')) as { names: string[] }
      return names
    } catch {
      return []
    }
  }

  /** A cache that can't be written is none; never throws. */
  async write(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    try {
      await makePrivateDir(dirname(this.#path))
      await writeAtomically(this.#path, JSON.stringify({ names }))
    } catch {
      // The next command tries again.
    }
  }
}
