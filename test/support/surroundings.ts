import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/platform/clock.js'
import { readEnvironment, type Environment } from '../../src/lib/platform/environment.js'
import { ownAtInterrupt } from './at-interrupt.js'

/** A folder of the test's own, gone at the end of its scope; with what runs in it when the tests are interrupted. */
export async function temporaryFolder(): Promise<{
  path: string
  [Symbol.asyncDispose](): Promise<void>
}> {
  const path = await mkdtemp(join(tmpdir(), 'aibench-test-'))
  // What a process that was just killed still wrote may come in between.
  const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }
  const done = ownAtInterrupt(path)
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, removal)
      done()
    },
  }
}

/** The real environment with everything of ours in one folder. */
export function environmentIn(folder: string, more: Record<string, string> = {}): Environment {
  return readEnvironment({ ...process.env, AIBENCH_HOME: folder, ...more })
}

export const clock = systemClock

/** What was thrown; a test that expects it fails when nothing was. */
export async function rejection(work: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const nothing = Symbol('nothing')
  const outcome = await work.then(
    () => nothing,
    (error: unknown) => error,
  )
  if (outcome === nothing) throw new Error('it should have failed')
  return outcome as Error & Record<string, unknown>
}
