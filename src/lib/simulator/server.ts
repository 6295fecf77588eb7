import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import * as v from 'valibot'
import { serveConnection } from './connection.js'
import { Engine } from './engine.js'
import { monotonicMs } from './monotonic.js'
import { NullMode } from './null-mode.js'
import { SimulatorOptionsSchema, type SimulatorInput } from './options.js'
import { route, type Site } from './routes.js'
import { Truth, type TruthRecord } from './truth.js'

/** A server like vLLM's with no model in it: what it answers and when is known beforehand, and what it did is written down. */
export interface Simulator extends AsyncDisposable {
  url: string
  /** Of all requests that are over, in the order in which they ended. */
  truth(): readonly TruthRecord[]
  /** Running answers end with finish_reason "abort". */
  close(): Promise<void>
}

/** How long clients have to read what was sent last. */
const LAST_WORDS_MS = 200

/**
 * @param given port 0 takes any that is free; `keepTruth` false leaves it to the file alone
 * @throws the socket's error when the port is taken; a ValiError when the options don't fit
 */
export async function startSimulator(
  given: SimulatorInput = {},
  { port = 0, keepTruth = true }: { port?: number; keepTruth?: boolean } = {},
): Promise<Simulator> {
  const options = v.parse(SimulatorOptionsSchema, given)
  const truth = new Truth(keepTruth)
  if (options.truthFile) await truth.writeTo(options.truthFile)
  const engine = new Engine(options, truth)
  const loadedAtMs = monotonicMs() + options.loadMs
  const site: Site = {
    options,
    engine,
    nullMode: options.null ? new NullMode(options) : null,
    apiKey: options.apiKeyFile ? (await readFile(options.apiKeyFile, 'utf8')).trim() : null,
    isLoaded: () => monotonicMs() >= loadedAtMs,
  }

  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serveConnection(socket, {
      keepAliveMs: options.keepAliveMs,
      handle: (exchange) => route(site, exchange),
    })
  })
  server.listen({ port, host: '127.0.0.1', backlog: 2048 })
  await once(server, 'listening')

  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    engine.stop()
    for (const socket of sockets) socket.end()
    setTimeout(() => sockets.forEach((socket) => socket.destroy()), LAST_WORDS_MS).unref()
    await closed
    await truth.close()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    truth: () => truth.records,
    close,
    [Symbol.asyncDispose]: close,
  }
}
