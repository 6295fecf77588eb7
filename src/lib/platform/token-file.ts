import { quote } from './command-line.js'
import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { cannotWrite } from './cannot-write.js'
import { isErrno, UsageError } from './errors.js'
import { readPrivateFile } from './private-file.js'

const TOKEN_BYTES = 32
/** The longest token in use is a JWT of some KiB; a larger file is something else, given by mistake. */
const LONGEST_FILE_BYTES = 16 * 1024
/** What a header can carry in one word. */
const ONE_WORD = /^[\x21-\x7e]+$/

/**
 * Makes a new token and a file for it that only its owner may read. Never overwrites: another program may use what is there.
 * @param before stands before it: `admin:` makes it a password
 * @returns the token
 */
export async function makeTokenFile(path: string, before = ''): Promise<string> {
  const token = before + randomBytes(TOKEN_BYTES).toString('base64url')
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    if (isErrno(error, 'EEXIST'))
      throw refused(`There is a file ${path} already`, [`rm ${quote(path)}`])
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
 * Reads a token.
 * @throws UsageError `AIB_TOKEN_FILE` when it is not there, open to others than its owner, or not one word on one line
 */
export async function readTokenFile(path: string): Promise<string> {
  const text = await readPrivateFile(path, {
    what: 'token file',
    code: 'AIB_TOKEN_FILE',
    mostBytes: LONGEST_FILE_BYTES,
  })
  const token = text.trim()
  if (token === '') throw refused(`The token file ${path} is empty`)
  if (!ONE_WORD.test(token))
    throw refused(`The token file ${path} must hold one word on one line, in ASCII`)
  return token
}

function refused(message: string, hints: readonly string[] = []): UsageError {
  return new UsageError(message, { code: 'AIB_TOKEN_FILE', hints })
}
