import { once } from 'node:events'
import type { Http2Server } from 'node:http2'
import { Agent, request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { readJsonIfThere } from '../../platform/files.js'
import {
  RELAY_INLET,
  RELAY_OUTLET,
  type RelayInlet,
  type RelayOutlet,
} from '../../platform/relay-files.js'
import { grpcServer, type Signal } from './grpc.js'
import { listenInside } from './inside.js'
import { withAttributes } from './resource.js'

/** How much of what a server told by OTLP went where, since the start. */
export interface RelayCounts {
  sent: number
  /** Nobody wanted it. */
  dropped: number
  /** It was wanted, and could not be handed over. */
  failed: number
}

export interface RelayOptions {
  runDir: string
  node: string
  log(line: string): void
  lookEveryMs?: number
}

const LOOK_MS = 1_000
const SEND_MS = 5_000

/**
 * Hands on what the servers of this node tell by OTLP. Both files are looked at beside the requests: a server may be started again on another
 * port, and the monitors come and go.
 */
export class Relay {
  readonly counts: RelayCounts = { sent: 0, dropped: 0, failed: 0 }
  readonly #options: RelayOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 })
  readonly #grpc: Http2Server
  #inlet = ''
  #listener: Server | undefined
  #outlet: RelayOutlet | undefined
  #isFailing = false
  #isClosed = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: RelayOptions) {
    this.#options = options
    this.#grpc = grpcServer((signal, message) => this.#take(signal, message))
  }

  async open(): Promise<void> {
    await this.#look()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#listener?.close()
    this.#agent.destroy()
  }

  async #look(): Promise<void> {
    const { runDir, node, log, lookEveryMs = LOOK_MS } = this.#options
    const read = (name: string) => readJsonIfThere(join(runDir, name)).catch(() => undefined)
    const inlet = (await read(RELAY_INLET)) as RelayInlet | undefined
    this.#outlet = (await read(RELAY_OUTLET)) as RelayOutlet | undefined
    const wanted = inlet?.node === node ? JSON.stringify(inlet) : ''
    if (wanted !== this.#inlet) {
      this.#listener?.close()
      this.#listener = undefined
      this.#inlet = wanted
      if (inlet && wanted !== '')
        await this.#listen(inlet).catch((error: unknown) => {
          this.#inlet = ''
          log(`can't listen for what a server tells by OTLP: ${(error as Error).message}`)
        })
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), lookEveryMs)
  }

  async #listen({ port, inside }: RelayInlet): Promise<void> {
    const listener = inside === null ? await listenHere(port) : await listenInside(inside, port)
    listener.on('connection', (socket) => this.#grpc.emit('connection', socket))
    this.#listener = listener
  }

  #take(signal: Signal, message: Buffer): void {
    const url = this.#outlet?.[signal]
    if (!this.#outlet || !url) {
      this.counts.dropped++
      return
    }
    const { attributes, authorization } = this.#outlet
    this.#send(url, authorization, message, attributes).then(
      () => this.#note(''),
      (error: Error) => this.#note(error.message),
    )
  }

  async #send(
    url: string,
    authorization: string,
    message: Buffer,
    attributes: RelayOutlet['attributes'],
  ): Promise<void> {
    const body = withAttributes(message, attributes)
    const outgoing = request(url, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        authorization,
        'content-type': 'application/x-protobuf',
        'content-length': body.length,
      },
      signal: AbortSignal.timeout(SEND_MS),
    })
    outgoing.end(body)
    const [answer] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage]
    answer.resume()
    if (Math.floor(answer.statusCode! / 100) !== 2) throw new Error(`HTTP ${answer.statusCode}`)
  }

  /** Told when it begins and when it is over, not each second. */
  #note(trouble: string): void {
    if (trouble === '') this.counts.sent++
    else this.counts.failed++
    if (this.#isFailing === (trouble !== '')) return
    this.#isFailing = trouble !== ''
    this.#options.log(
      trouble === ''
        ? 'what a server tells by OTLP arrives again'
        : `what a server tells by OTLP can't be handed on: ${trouble}`,
    )
  }
}

async function listenHere(port: number): Promise<Server> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
