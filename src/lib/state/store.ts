import { copyFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import type { Clock } from '../platform/clock.js'
import type { Environment } from '../platform/environment.js'
import { AibenchError, BugError, isErrno, StateError } from '../platform/errors.js'
import {
  exists,
  listNames,
  makePrivateDir,
  readTextIfThere,
  removeTree,
  writeAtomically,
} from '../platform/files.js'
import type { RepairReport, StateStore } from './contract.js'
import { withLock, type Held } from './lock.js'
import { migrate } from './migrate.js'
import { merged, rebuild } from './repair.js'
import { refuseUnlessPrivate } from '../platform/ownership.js'
import { cannotWrite } from '../platform/cannot-write.js'
import { SCHEMA_NUMBER, StateSchema, type State } from './schema.js'

export interface StoreOptions {
  environment: Environment
  clock: Clock
  /** Of aibench, written into the file. */
  version: string
  /** Told when a corrupt file was set aside and rebuilt. */
  onRepair?: (report: RepairReport) => void
}

export function openState(options: StoreOptions): StateStore {
  return new FileStore(options)
}

class FileStore implements StateStore {
  readonly path: string
  readonly #options: StoreOptions
  /** Schema of the file when it was last read. */
  #found = SCHEMA_NUMBER

  constructor(options: StoreOptions) {
    this.#options = options
    this.path = join(options.environment.stateDir, 'state.json')
  }

  async read(): Promise<State> {
    const found = await this.#load()
    if (found !== 'corrupt') return found
    await this.#locked(async (held) => {
      // Somebody else may have mended it while we waited for the lock.
      if ((await this.#load()) === 'corrupt') await this.#mend(held)
    })
    const mended = await this.#load()
    if (mended === 'corrupt')
      throw new StateError('The state file is corrupt again', { where: this.path })
    return mended
  }

  async update<T>(change: (draft: State) => T): Promise<T> {
    return this.#locked(async (held) => {
      let state = await this.#load()
      if (state === 'corrupt') {
        await this.#mend(held)
        state = (await this.#load()) as State
      }
      const answer = change(state)
      state.revision++
      await this.#write(state, held)
      return answer
    })
  }

  async repair(): Promise<RepairReport> {
    return this.#locked((held) => this.#repairLocked(held))
  }

  async #load(): Promise<State | 'corrupt'> {
    await refuseUnlessPrivate(dirname(this.path))
    let text: string | undefined
    try {
      text = await readTextIfThere(this.path, LONGEST_STATE_BYTES)
      if (text === undefined) return this.#empty()
    } catch (error) {
      throw new StateError(`Can't read the state file: ${(error as Error).message}`, {
        where: this.path,
        cause: error,
      })
    }
    try {
      const parsed: unknown = JSON.parse(text)
      const state = migrate(parsed, this.path)
      this.#found = state ? (parsed as State).schema : SCHEMA_NUMBER
      return state ?? 'corrupt'
    } catch (error) {
      if (error instanceof AibenchError) throw error
      return 'corrupt'
    }
  }

  #empty(): State {
    return {
      schema: SCHEMA_NUMBER,
      revision: 0,
      writtenBy: this.#writer(),
      instances: {},
      runs: {},
    }
  }

  #writer(): State['writtenBy'] {
    const { environment, clock, version } = this.#options
    return { version, host: environment.hostname, pid: process.pid, at: clock.now().toISOString() }
  }

  async #write(state: State, held: Held): Promise<void> {
    const next = v.safeParse(StateSchema, { ...state, writtenBy: this.#writer() })
    if (!next.success)
      throw new BugError(`a change would break the state file: ${v.summarize(next.issues)}`)
    if (!(await held())) throw new LockLost()
    await sweepDrafts(dirname(this.path))
    try {
      await this.#keepOlder()
      await writeAtomically(this.path, JSON.stringify(next.output, null, 1) + '\n')
    } catch (error) {
      throw cannotWrite(dirname(this.path), error)
    }
  }

  /** Who goes back to the version that wrote it finds it there. */
  async #keepOlder(): Promise<void> {
    if (this.#found < SCHEMA_NUMBER) await copyFile(this.path, `${this.path}.schema-${this.#found}`)
    this.#found = SCHEMA_NUMBER
  }

  async #mend(held: Held): Promise<void> {
    const report = await this.#repairLocked(held)
    this.#options.onRepair?.(report)
  }

  /**
   * What is there is kept beside the new file, one copy of it. What a file that can be read knows stays known: run directories tell what was
   * asked for and how most ended, and not all that was seen since.
   */
  async #repairLocked(held: Held): Promise<RepairReport> {
    const before = await this.#load()
    const rebuilt = await rebuild(this.#options.environment.runsDir)
    let setAside: string | null = null
    if (await exists(this.path)) {
      setAside = `${this.path}.${before === 'corrupt' ? 'corrupt' : 'before-repair'}`
      // Copied: killed before the new one is written, we leave the old one and not none.
      await copyFile(this.path, setAside)
    }
    const known = before === 'corrupt' ? this.#empty() : before
    const { instances, runs } = merged(rebuilt.state, known)
    await this.#write({ ...known, instances, runs, revision: known.revision + 1 }, held)
    return {
      path: this.path,
      setAside,
      instances: Object.keys(instances).length,
      runs: Object.keys(runs).length,
      skipped: rebuilt.skipped,
    }
  }

  /** Work that has lost its lock before it counted (it was slower than any holder may be) is done again from the start. */
  async #locked<T>(work: (held: Held) => Promise<T>): Promise<T> {
    const { environment, clock } = this.#options
    const options = { clock, hostname: environment.hostname }
    try {
      await makePrivateDir(environment.stateDir)
      for (let tries = 1; ; tries++)
        try {
          return await withLock(`${this.path}.lock`, options, work)
        } catch (error) {
          if (!(error instanceof LockLost) || tries === 3) throw error
        }
    } catch (error) {
      if (error instanceof AibenchError || !isErrno(error, ...FILE_TROUBLE)) throw error
      throw cannotWrite(environment.stateDir, error)
    }
  }
}

class LockLost extends Error {}

/** Of some 100,000 instances. */
const LONGEST_STATE_BYTES = 256 * 1024 * 1024

const FILE_TROUBLE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST']

/** While we hold the lock nobody else writes here: what is found half written was left by a command that was killed. */
async function sweepDrafts(folder: string): Promise<void> {
  const drafts = (await listNames(folder)).filter((name) => /^\.[0-9a-f]{12}\.tmp$/.test(name))
  for (const name of drafts) await removeTree(join(folder, name))
}
