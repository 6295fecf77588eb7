import { randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { EnvironmentError, isErrno } from './errors.js'
import { writeAtomically } from './files.js'

/** Writes a new random token, 0600. */
export async function makeTokenFile(path: string): Promise<void> {
  await writeAtomically(path, randomBytes(32).toString('base64url') + '\n')
}

/** @throws EnvironmentError when it is not there, empty, or may be read by others */
export async function readTokenFile(path: string): Promise<string> {
  try {
    const { mode } = await stat(path)
    if (mode & 0o077)
      throw new EnvironmentError(`Others can read the token file ${path}`, {
        code: 'AIB_TOKEN_FILE',
        hints: [`chmod 600 ${path}`],
      })
    const token = (await readFile(path, 'utf8')).trim()
    if (token) return token
    throw new EnvironmentError(`The token file ${path} is empty`, { code: 'AIB_TOKEN_FILE' })
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EACCES')) throw error
    throw new EnvironmentError(`The token file can’t be read: ${path}`, {
      code: 'AIB_TOKEN_FILE',
      cause: error,
    })
  }
}
