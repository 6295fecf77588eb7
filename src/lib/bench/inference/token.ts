import { readFile } from 'node:fs/promises'
import { UsageError } from '../../platform/errors.js'

/** Of a 0600 file; null when none is needed. @throws UsageError when it can't be read */
export async function bearerToken(file: string | null): Promise<string | null> {
  if (file === null) return null
  const token = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`The token file can't be read: ${error.message}`)
  })
  return token.trim()
}
