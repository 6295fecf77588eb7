import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { cannotWrite } from './cannot-write.js'
import { isErrno, UsageError } from './errors.js'

const TOKEN_BYTES = 32
/** The longest token in use is a JWT of some KiB; a larger file is something else, given by mistake. */
const LONGEST_FILE_BYTES = 16 * 1024
/** What a header can carry in one word. */
const ONE_WORD = /^[\x21-\x7e]+$/

/**
 * Makes a new token and a file for it that only its owner may read. Never overwrites: another program may use what is there.
 * @returns the token
 */
export async function makeTokenFile(path: string): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    if (isErrno(error, 'EEXIST')) throw refused(`There is a file ${path} already`, [`rm ${path}`])
    throw cannotWrite(dirname(path), error)
  })
  try {
    await file.writeFile(token + '\n')
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw cannotWrite(dirname(path), error)
  } finally {
    await file.close()
  }
  return token
}

/**
 * Reads a token. What is asked about the file is asked of the one that was opened, so that no other can be put in its place between.
 * @throws UsageError `AIB_TOKEN_FILE` when it is not there, open to others than its owner, or not one word on one line
 */
export async function readTokenFile(path: string): Promise<string> {
  const file = await openToRead(path)
  try {
    await refuseUnlessPrivate(path, file)
    const token = (await file.readFile('utf8')).trim()
    if (token === '') throw refused(`The token file ${path} is empty`)
    if (!ONE_WORD.test(token))
      throw refused(`The token file ${path} must hold one word on one line, in ASCII`)
    return token
  } finally {
    await file.close()
  }
}

/** Without waiting: the open() of a named pipe would last until somebody writes into it. */
async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw refused(`There is no token file ${path}`)
    throw refused(`The token file ${path} can't be read: ${(error as Error).message}`)
  }
}

async function refuseUnlessPrivate(path: string, file: FileHandle): Promise<void> {
  const stat = await file.stat()
  if (!stat.isFile()) throw refused(`The token file ${path} is not a regular file`)
  const mode = stat.mode & 0o777
  if (mode & 0o077)
    throw refused(
      `The token file ${path} is open to others than its owner (mode ${mode.toString(8).padStart(4, '0')})`,
      [`chmod 600 ${path}`],
    )
  if (stat.size > LONGEST_FILE_BYTES)
    throw refused(`The token file ${path} holds ${stat.size} bytes: that is no token`)
}

function refused(message: string, hints: readonly string[] = []): UsageError {
  return new UsageError(message, { code: 'AIB_TOKEN_FILE', hints })
}
