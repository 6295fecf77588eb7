import { join } from 'node:path'
import { writeAtomically } from '../platform/files.js'
import { makeTokenFile } from '../platform/token-file.js'

/** The secrets of an instance: files in its run directory, 0600, made for it alone and gone when its job ends. */

/** The key that the server itself asks for. */
export const API_TOKEN = 'api.token'

/** The token of the gate on the node's address. */
export const GATE_TOKEN = 'gate.token'

/** Beside a token's file, the same token as the header line that curl reads with `-H @FILE`: so it never stands in a command line. */
export function headerFileOf(tokenFile: string): string {
  return tokenFile.replace(/\.token$/, '.header')
}

/** A new secret of this instance, and the header of it. */
export async function makeSecret(runDir: string, name: string): Promise<void> {
  const file = join(runDir, name)
  const header = `Authorization: Bearer ${await makeTokenFile(file)}\n`
  await writeAtomically(headerFileOf(file), header)
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
