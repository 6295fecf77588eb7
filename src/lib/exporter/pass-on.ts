import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { ExporterMember } from '../platform/exporter-files.js'
import { readTokenFile } from '../platform/token-file.js'
import type { MemberPlace } from './members.js'

/** Whoever asks has given up by then. */
const ANSWER_MS = 15_000
/** What the one who asks may say about the form of the answer. */
const PASSED = ['accept', 'accept-encoding'] as const
const RETURNED = ['content-type', 'content-encoding', 'content-length'] as const

const agent = new Agent({ keepAlive: true, timeout: 2_000 })

/** Asks a member for its figures with the secret that it wants, and passes its answer on as it comes. */
export async function passOn(
  { runDir, member, place }: { runDir: string; member: ExporterMember; place: MemberPlace },
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const headers: Record<string, string> = {}
  for (const name of PASSED) {
    const value = incoming.headers[name]
    if (value !== undefined) headers[name] = String(value)
  }
  if (member.secret) {
    const text = await readTokenFile(join(runDir, member.secret.file))
    headers.authorization =
      member.secret.kind === 'bearer'
        ? `Bearer ${text}`
        : `Basic ${Buffer.from(text).toString('base64')}`
  }
  const { host, port } = place
  const asked = request({ host, port, path: member.path, headers, agent, timeout: ANSWER_MS })
  asked.on('response', (response) => {
    const returned = RETURNED.flatMap((name) => {
      const value = response.headers[name]
      return value === undefined ? [] : [[name, value] as const]
    })
    answer.writeHead(response.statusCode ?? 502, Object.fromEntries(returned))
    response.pipe(answer)
    // Half of a page is no page.
    response.on('error', () => answer.destroy())
    response.on('aborted', () => answer.destroy())
  })
  asked.on('timeout', () => asked.destroy())
  asked.on('error', () => refuse(answer, 502, 'the server does not answer'))
  answer.on('close', () => asked.destroy())
  asked.end()
}

/** In words that hold nothing of what was asked. */
export function refuse(
  answer: ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  if (answer.headersSent || answer.destroyed) return void answer.destroy()
  answer.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
  answer.end(`${message}\n`)
}
