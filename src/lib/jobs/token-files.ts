import { join } from 'node:path'
import { writeAtomically } from '../platform/files.js'
import { makeTokenFile, readTokenFile } from '../platform/token-file.js'
import type { Secret } from './contract.js'

/** The secrets of an instance: files in its run directory, 0600, made for it alone and gone when its job ends. */

/** The key that the server itself asks for. */
export const API_TOKEN = 'api.token'

/** The token of the gate on the node's address. */
export const GATE_TOKEN = 'gate.token'

/** Beside a token's file, the same token as the header line that curl reads with `-H @FILE`: so it never stands in a command line. */
export function headerFileOf(tokenFile: string): string {
  return tokenFile.replace(/\.token$/, '.header')
}

/**
 * A new secret of this instance, and the header of it.
 * @param user whose password it is; without one it is a bearer token
 */
export async function makeSecret(runDir: string, name: string, user?: string): Promise<void> {
  const file = join(runDir, name)
  await makeTokenFile(file, user === undefined ? '' : `${user}:`)
  const kind = user === undefined ? 'bearer' : 'basic'
  const header = await authorizationOf(file, kind)
  await writeAtomically(headerFileOf(file), `Authorization: ${header}\n`)
}

/** What the header of that name says, for programs that ask a server themselves. */
export async function authorizationOf(file: string, kind: Secret['kind']): Promise<string> {
  const text = await readTokenFile(file)
  return kind === 'bearer' ? `Bearer ${text}` : `Basic ${Buffer.from(text).toString('base64')}`
}

/** The command of the gate, a word a line, for the script to run with its addresses; `apiToken` where the server asks for one of its own. */
export async function writeGateCommand(
  installDir: string,
  runDir: string,
  { apiToken }: { apiToken?: string } = {},
): Promise<void> {
  const words = [
    process.execPath,
    join(installDir, 'dist', 'gate.js'),
    ...['--token-file', join(runDir, GATE_TOKEN)],
    ...(apiToken === undefined ? [] : ['--upstream-token-file', join(runDir, apiToken)]),
  ]
  await writeAtomically(join(runDir, 'gate'), words.map((word) => `${word}\n`).join(''))
}
