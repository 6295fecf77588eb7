import { createProxyServer } from 'httpxy'
import { once } from 'node:events'
import {
  Agent,
  createServer,
  ServerResponse,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import type { AddressInfo, Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { EnvironmentError } from '../platform/errors.js'
import type { Guard } from '../platform/guard.js'
import { prepareAnswer, prepareRequest } from './headers.js'
import { isAboutItself, tellUse } from './own-use.js'
import { refuse, TARGET_GONE, UNAUTHORIZED } from './refusal.js'

export interface GateOptions {
  host: string
  port: number
  target: URL
  guard: Guard
  upstreamToken?: string
  log: (line: string) => void
  /** For a client to send its headers in; bodies and answers take as long as they take. */
  headerTimeoutMs?: number
  /** Listens already, in place of `host` and `port`: it was opened in another network than the target's. */
  listener?: NetServer
}

export interface Gate {
  /** As in a URL. */
  address: string
  /** Lets nobody in any more; what is still open after {@link GRACE_MS} is cut off. */
  close(): Promise<void>
}

/** For answers that are nearly done. A stream that is cut off later ends without its last chunk, so that nobody takes it for whole. */
const GRACE_MS = 1_000
const HEADER_TIMEOUT_MS = 10_000
const LARGEST_HEADER_BYTES = 16 * 1024
/** Longer than clients keep theirs: then it is never the gate that closes a connection which a client is about to use. */
const CLIENT_IDLE_MS = 75_000
/** For the same reason shorter than servers keep theirs: uvicorn 5 s, Node 5 s. */
const TARGET_IDLE_MS = 2_000

/** Opens the gate: whoever has the token speaks with the target, everybody else with a 401. */
export async function openGate(options: GateOptions): Promise<Gate> {
  const agent = new Agent({ keepAlive: true, noDelay: true, timeout: TARGET_IDLE_MS })
  const server = createServer({
    noDelay: true,
    // A client whose machine died says nothing: its stream ends by this.
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    keepAliveTimeout: CLIENT_IDLE_MS,
    maxHeaderSize: LARGEST_HEADER_BYTES,
    headersTimeout: options.headerTimeoutMs ?? HEADER_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    requestTimeout: 0,
  })
  const pass = passerTo({ ...options, agent, isOpen: () => server.listening })
  const { guard } = options
  server.on('request', (request, answer) => {
    if (guard.accepts(request.headers.authorization)) {
      if (isAboutItself(request)) tellUse(answer)
      else pass(request, answer)
    } else refuse(request, answer, UNAUTHORIZED)
  })
  // A client that asks first is refused before it sends its body.
  server.on('checkContinue', (request, answer) => {
    if (guard.accepts(request.headers.authorization)) answer.writeContinue()
    server.emit('request', request, answer)
  })
  return {
    address: await listen(server, options),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      await Promise.race([closed, sleep(GRACE_MS)])
      server.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
}

interface PasserOptions extends GateOptions {
  agent: Agent
  isOpen: () => boolean
}

function passerTo({ target, agent, upstreamToken, isOpen, log }: PasserOptions): RequestListener {
  const proxy = createProxyServer({ target, agent })
  let isTargetGone = false

  proxy.on('proxyRes', (incoming, _request, answer) => {
    if (isTargetGone) log('the target answers again')
    isTargetGone = false
    prepareAnswer(incoming.headers, answer.shouldKeepAlive && isOpen())
    // The head of a stream goes out when it comes, not with the first event; that of an answer which is there goes with its body.
    setImmediate(() => {
      if (!answer.headersSent && !answer.destroyed) answer.flushHeaders()
    })
  })
  // After the head an answer can only be cut off, which the proxy does.
  proxy.on('error', (error, request, answer) => {
    if (!request || !(answer instanceof ServerResponse)) return
    if (answer.destroyed || answer.headersSent) return
    if (!isTargetGone) log(`the target does not answer: ${codeOf(error)}`)
    isTargetGone = true
    refuse(request, answer, TARGET_GONE)
  })
  return (request: IncomingMessage, answer: ServerResponse) => {
    prepareRequest(request.headers, upstreamToken)
    // It rejects for what is an `error` event, too.
    proxy.web(request, answer).catch(() => undefined)
  }
}

async function listen(server: Server, { host, port, listener }: GateOptions): Promise<string> {
  if (listener) server.listen(listener)
  else server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new EnvironmentError(`The gate can't listen on ${host}:${port}: ${codeOf(error)}`, {
      code: 'AIB_GATE_LISTEN',
      cause: error,
    })
  }
  const bound = server.address() as AddressInfo
  return bound.family === 'IPv6'
    ? `[${bound.address}]:${bound.port}`
    : `${bound.address}:${bound.port}`
}

/** Never the message: it may hold what the client sent. */
function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown cause'
}
