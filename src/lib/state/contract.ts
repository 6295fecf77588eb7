import type { State } from './schema.js'

/** The state file as the services use it. Reading never locks; changing locks for milliseconds and never across a Slurm call. */
export interface StateStore {
  readonly path: string
  /**
   * @returns the empty state when there is no file yet
   * @throws StateError when the file is of a newer aibench (exit 9). A corrupt file is set aside and rebuilt from the run directories.
   */
  read(): Promise<State>
  /**
   * Applies `change` to the newest state under the lock and writes it atomically. `change` edits the draft in place, may run
   * more than once, and must do nothing else; what it returns is handed back.
   * @throws StateError when the lock can't be had in time, or the file can't be written
   */
  update<T>(change: (draft: State) => T): Promise<T>
  /** Rebuilds the file from the run directories; what was there is kept beside it. */
  repair(): Promise<RepairReport>
}

export interface RepairReport {
  path: string
  /** Where the old file went, when there was one. */
  setAside: string | null
  instances: number
  runs: number
  /** Run directories that could not be understood, with why. */
  skipped: readonly { dir: string; why: string }[]
}
