import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openGate, type GateOptions } from '../../src/lib/gate/gate.js'
import { openGuard } from '../../src/lib/platform/guard.js'
import { temporaryFolder } from './surroundings.js'

export const TOKEN = 'right-token-0123456789abcdef'
export const BEARER = { authorization: `Bearer ${TOKEN}` }

export interface Target extends AsyncDisposable {
  url: URL
  connections(): number
  /** Ends it as a crash does: every connection is cut. */
  crash(): Promise<void>
}

/** A real server on loopback. */
export async function startTarget(listener: RequestListener, port = 0): Promise<Target> {
  let connections = 0
  // It never closes an idle connection: when one closes, it was the gate.
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  server.on('connection', () => connections++)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const crash = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    connections: () => connections,
    crash,
    [Symbol.asyncDispose]: crash,
  }
}

export interface TestGate extends AsyncDisposable {
  url: URL
  tokenFile: string
  log: string[]
  close(): Promise<void>
}

/** The gate in the test's own process, with a token file of its own that is looked at 20 times a second. */
export async function openTestGate(
  target: URL,
  options: Partial<GateOptions> = {},
): Promise<TestGate> {
  const folder = await temporaryFolder()
  const tokenFile = join(folder.path, 'token')
  await writeFile(tokenFile, TOKEN + '\n', { mode: 0o600 })
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const guard = await openGuard(tokenFile, { log, checkEveryMs: 50 })
  const gate = await openGate({ host: '127.0.0.1', port: 0, target, guard, log, ...options })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= gate.close())
  return {
    url: new URL(`http://${gate.address}`),
    tokenFile,
    log: lines,
    close,
    [Symbol.asyncDispose]: async () => {
      guard.close()
      await close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Says exactly these bytes, and gives back all that comes until the other side closes or `until` matches. */
export async function sayRaw(url: URL, text: string, until?: RegExp): Promise<string> {
  const socket = connect(Number(url.port), url.hostname)
  socket.on('error', () => undefined)
  socket.write(text)
  let heard = ''
  for await (const chunk of socket) {
    heard += String(chunk)
    if (until?.test(heard)) break
  }
  socket.destroy()
  return heard
}

/** Starts a request and waits for the head of its answer only. */
export async function openStream(
  url: URL,
  headers: Record<string, string> = BEARER,
): Promise<IncomingMessage> {
  const outgoing = request(url, { headers, agent: false })
  outgoing.end()
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  return incoming
}

export async function textOf(incoming: AsyncIterable<Buffer | string>): Promise<string> {
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  return text
}
