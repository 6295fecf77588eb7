import { constants, type Stats } from 'node:fs'
import { lstat, open, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { quote } from './command-line.js'
import { EnvironmentError, isErrno } from './errors.js'

/**
 * Who could have put there what we are about to believe. State, receipts, endpoints and settings of jobs are trusted because of where they
 * lie: so that place, and each file, must belong to us (or root), and nobody else may write to it.
 */

const OTHERS_MAY_WRITE = 0o022
const EVERYBODY_MAY_WRITE = 0o002
const STICKY = 0o1000

/**
 * Of the folder of the state and that of all runs; one that is not there yet is fine. A folder above that everybody may write to lets
 * anybody put another in its place, unless it is sticky. One that a group may write to (of a project) is accepted: what is put in place
 * then belongs to another, which is asked at each use.
 * @throws EnvironmentError `AIB_NOT_PRIVATE` with the command that mends it
 */
export async function refuseUnlessPrivate(folder: string): Promise<void> {
  const real = await realpath(folder).catch(() => undefined)
  if (real === undefined) return
  const found = await stat(real)
  if (!isOurs(found))
    throw notPrivate(`${folder} belongs to user ${found.uid}, not to you`, [ELSEWHERE])
  if (found.mode & OTHERS_MAY_WRITE)
    throw notPrivate(`Others may write to ${folder}, so that nothing in it can be trusted`, [
      `chmod go-w ${quote(folder)}`,
    ])
  for (let above = dirname(real); above !== dirname(above); above = dirname(above)) {
    const { mode, uid } = await stat(above)
    if (!(mode & EVERYBODY_MAY_WRITE) || mode & STICKY) continue
    throw notPrivate(`Everybody may write to ${above}, and so replace ${folder}`, [
      ...(uid === process.getuid?.() ? [`chmod o-w ${quote(above)}`] : []),
      ELSEWHERE,
    ])
  }
}

const ELSEWHERE = 'AIBENCH_HOME=/a/folder/of/your/own aibench …'

function notPrivate(message: string, hints: readonly string[]): EnvironmentError {
  return new EnvironmentError(message, { code: 'AIB_NOT_PRIVATE', hints })
}

/** Why a run directory can't be believed; undefined when it can, or is not there. A link in its place is somebody's who wants another read. */
export async function distrustOf(folder: string): Promise<string | undefined> {
  try {
    return whyNot(await lstat(folder), 'isDirectory')
  } catch (error) {
    return isErrno(error, 'ENOENT', 'ENOTDIR') ? undefined : (error as Error).message
  }
}

const LONGEST_BYTES = 1024 * 1024

/**
 * Reads a small file that is believed. What is asked is asked of the file that was opened, so that no other can be put in its place between.
 * @returns undefined when it is not there, or not to be believed
 */
export async function readTrustedText(path: string): Promise<string | undefined> {
  if ((await distrustOf(dirname(path))) !== undefined) return undefined
  const file = await open(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch(() => undefined)
  try {
    const found = await file?.stat()
    if (!file || !found || whyNot(found, 'isFile') !== undefined) return undefined
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(found.size, LONGEST_BYTES)))
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file?.close()
  }
}

/** The same of a file that holds JSON. */
export async function readTrustedJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readTrustedText(path)) ?? '')
  } catch {
    return undefined
  }
}

function whyNot(found: Stats, is: 'isDirectory' | 'isFile'): string | undefined {
  if (!found[is]())
    return found.isSymbolicLink() ? 'a link is in its place' : 'it is something else'
  if (!isOurs(found)) return `it belongs to user ${found.uid}`
  return found.mode & OTHERS_MAY_WRITE ? 'others may write to it' : undefined
}

export function isOurs({ uid }: Pick<Stats, 'uid'>): boolean {
  return uid === 0 || uid === process.getuid?.()
}
