/** The secrets of an instance: files in its run directory, 0600, made for it alone and gone when its job ends. */

/** The key that the server itself asks for. */
export const API_TOKEN = 'api.token'

/** The token of the gate on the node's address. */
export const GATE_TOKEN = 'gate.token'

/** Beside a token's file, the same token as the header line that curl reads with `-H @FILE`: so it never stands in a command line. */
export function headerFileOf(tokenFile: string): string {
  return tokenFile.replace(/\.token$/, '.header')
}
