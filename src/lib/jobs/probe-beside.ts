import { join } from 'node:path'
import type { Context, ProbeResult, Connection } from './contract.js'

/**
 * Runs `node dist/probe.js SERVICE URL …` on the instance's own node, for a server that can't be reached from the login node.
 * Secrets go by the names of their files.
 */
export async function probeBeside(
  context: Context,
  reach: Connection,
  args: readonly string[],
): Promise<ProbeResult> {
  const program = join(context.environment.installDir, 'dist', 'probe.js')
  const [command, ...rest] = reach.beside([process.execPath, program, ...args])
  const answer = await context.processes.run(command, rest, { timeoutMs: 120_000 })
  const line = answer.stdout.split('\n').findLast((text) => text.startsWith('{"ready"'))
  if (line) return JSON.parse(line) as ProbeResult
  const why = answer.stderr.trim().split('\n').at(-1)
  return { ready: false, detail: `the probe could not run beside the server: ${why}` }
}

export function urlOf({ endpoint: { scheme, host, port } }: Connection): string {
  return `${scheme}://${host}:${port}`
}
