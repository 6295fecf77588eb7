import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { isErrno, UsageError } from './errors.js'
import { isOurs } from './ownership.js'
import { quote } from './command-line.js'

/** A file that only its owner may read, by what it is called in messages. */
export interface PrivateFile {
  /** `token file` */
  what: string
  /** Of the errors. */
  code: string
  /** A larger one is something else, given by mistake. */
  mostBytes: number
}

/**
 * Reads a file of secrets. What is asked about it is asked of the one that was opened, so that no other can be put in its place between.
 * @throws UsageError when it is not there, is no regular file, is too large, or is open to others than its owner
 */
export async function readPrivateFile(path: string, file: PrivateFile): Promise<string> {
  const opened = await openToRead(path, file)
  try {
    await refuseUnlessPrivate(path, opened, file)
    return await opened.readFile('utf8')
  } finally {
    await opened.close()
  }
}

/** Without waiting: the open() of a named pipe would last until somebody writes into it. */
async function openToRead(path: string, { what, code }: PrivateFile): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR'))
      throw new UsageError(`There is no ${what} ${path}`, { code })
    throw new UsageError(`The ${what} ${path} can't be read: ${(error as Error).message}`, { code })
  }
}

async function refuseUnlessPrivate(
  path: string,
  file: FileHandle,
  { what, code, mostBytes }: PrivateFile,
): Promise<void> {
  const stat = await file.stat()
  if (!stat.isFile()) throw new UsageError(`The ${what} ${path} is not a regular file`, { code })
  if (!isOurs(stat))
    throw new UsageError(`The ${what} ${path} belongs to user ${stat.uid}, not to you`, { code })
  const mode = stat.mode & 0o777
  if (mode & 0o077)
    throw new UsageError(
      `The ${what} ${path} is open to others than its owner (mode ${mode.toString(8).padStart(4, '0')})`,
      { code, hints: [`chmod 600 ${quote(path)}`] },
    )
  if (stat.size > mostBytes)
    throw new UsageError(`The ${what} ${path} holds ${stat.size} bytes: that is too much`, { code })
}
