import { AibenchError } from '../platform/errors.js'
import { readTokenFile } from '../platform/token-file.js'
import { parseArguments } from './arguments.js'
import { openGate } from './gate.js'
import { openGuard } from '../platform/guard.js'
import { handedListener, openFromInside } from './inside.js'

/**
 * `node dist/gate.js --listen HOST:PORT --target http://127.0.0.1:PORT --token-file FILE [--upstream-token-file FILE] [--inside PID]`: the
 * door of a service that itself listens on loopback, or on that of a network of its own. Prints one line on stdout when it listens; TERM, INT and HUP end it, with exit code 0.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { tokenFile, upstreamTokenFile, inside, ...where } = parseArguments(argv)
  const listener = await handedListener()
  if (inside !== undefined && !listener) await openFromInside(inside, where)
  const upstreamToken = upstreamTokenFile ? await readTokenFile(upstreamTokenFile) : undefined
  const guard = await openGuard(tokenFile, { log })
  const gate = await openGate({ ...where, guard, upstreamToken, log, listener })
  console.log(`gate listens on ${gate.address}`)
  const end = async () => {
    guard.close()
    await gate.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.once(signal, () => void end())
}

function log(line: string): void {
  process.stderr.write(`gate: ${line}\n`)
}

/** A token file is part of what the job prepared, not of what somebody typed: environment, not usage. */
function exitCodeOf(error: AibenchError): number {
  return error.code === 'AIB_TOKEN_FILE' ? 3 : error.exitCode
}

// A log that can't be written to, for lack of space or of a reader, is no reason to close.
process.stderr.on('error', () => undefined)
try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof AibenchError)) throw error
  for (const line of [error.message, ...error.hints]) log(line)
  process.exit(exitCodeOf(error))
}
