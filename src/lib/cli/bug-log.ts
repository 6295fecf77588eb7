import { join } from 'node:path'
import { readEnvironment } from '../platform/environment.js'
import { makePrivateDir, writeAtomically } from '../platform/files.js'

/** Keeps the stack of a bug where only its owner reads it. @returns undefined when even that can't be written */
export async function logBug(
  error: Error,
  version: string,
  command: string,
): Promise<string | undefined> {
  const folder = join(readEnvironment().stateDir, 'log')
  const time = new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15)
  const path = join(folder, `${time}-${process.pid}.log`)
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : ''
  try {
    await makePrivateDir(folder)
    await writeAtomically(
      path,
      `aibench ${version}, node ${process.version}, ${command}\n${error.stack}${cause}\n`,
    )
    return path
  } catch {
    return undefined
  }
}
