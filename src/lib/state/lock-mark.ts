import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EnvironmentError, isErrno } from '../platform/errors.js'
import { makePrivateDir } from '../platform/files.js'
import { fileSystemOf } from '../platform/file-system.js'

/**
 * What stands at a lock's path while somebody holds it, and says who. It appears whole, in one step of the file server or not at all:
 * a file that is linked there or, on file systems without hard links, a folder that is renamed to there, which fails when one is there
 * already. (O_EXCL alone would leave an empty file behind when its maker is killed between making and writing.) The two exclude each
 * other. A mark is known by its text, which is different for every one: inode numbers and link counts are made up on some file systems.
 * Sources: open(2), O_EXCL, on NFS; rename(2), ENOTEMPTY.
 */
export interface Mark {
  text: string
  mtimeMs: number
}

const HOLDER = 'holder'

export async function readMark(path: string): Promise<Mark | undefined> {
  try {
    const found = await stat(path)
    const text = await readFile(found.isDirectory() ? join(path, HOLDER) : path, 'utf8')
    return { text, mtimeMs: found.mtimeMs }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/**
 * Puts the mark, which is the content of the file `claim`, at `path`.
 * @returns false when another is there
 * @throws EnvironmentError `AIB_NO_LOCK` when the file system can do neither
 */
export async function putMark(
  claim: string,
  path: string,
  text: string,
  makeLink: (from: string, to: string) => Promise<void> = link,
): Promise<boolean> {
  try {
    await makeLink(claim, path)
    return true
  } catch (error) {
    // NFS may say so of a link that it has just made, when its first answer was lost.
    if (isErrno(error, 'EEXIST')) return isOurs(path, text)
  }
  return putFolder(`${claim}.folder`, path, text)
}

async function putFolder(folder: string, path: string, text: string): Promise<boolean> {
  await makePrivateDir(folder)
  await writeFile(join(folder, HOLDER), text, { mode: 0o600 })
  try {
    await rename(folder, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR', 'ENOENT'))
      return isOurs(path, text)
    const type = await fileSystemOf(dirname(path))
    throw new EnvironmentError(
      `The file system${type ? ` (${type})` : ''} of ${dirname(path)} can't hold a lock`,
      {
        code: 'AIB_NO_LOCK',
        where: `neither a hard link nor a folder can be put at ${path}: ${(error as Error).message}`,
        hints: ['AIBENCH_HOME=/a/folder/elsewhere aibench …   # on another file system'],
        cause: error,
      },
    )
  }
}

/** Whether the mark with this text is the one at the path. */
export async function isOurs(path: string, text: string): Promise<boolean> {
  return (await readMark(path))?.text === text
}

/** Takes our own mark away; another's stays: a holder that was slower than the stale limit may have lost it. */
export async function removeMark(path: string, text: string, taken: string): Promise<void> {
  if (await isOurs(path, text)) await takeAway(path, text, taken)
}

/**
 * Takes away the mark that was seen at `path`. When it is another's by now it is given back.
 * @param taken a name of the caller's own in the same folder
 */
export async function takeAway(path: string, seen: string, taken: string): Promise<void> {
  try {
    await rename(path, taken)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  if (!(await isOurs(taken, seen))) await giveBack(taken, path)
  await rm(taken, { recursive: true, force: true })
}

/** Fails when a third one has come meanwhile: whoever holds a lock looks again before it counts ({@link Held}). */
async function giveBack(taken: string, path: string): Promise<void> {
  const isFolder = (await stat(taken)).isDirectory()
  await (isFolder ? rename(taken, path) : link(taken, path)).catch(() => undefined)
}
