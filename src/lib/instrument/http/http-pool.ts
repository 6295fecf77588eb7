import type { Socket } from 'node:net'
import type { Trust } from '../../platform/trust.js'
import { Dialler } from './dial.js'
import { RequestError } from './request-error.js'
import { AnswerReader, type RawAnswer } from './http-answer.js'

export interface HttpPoolOptions {
  url: URL
  headers: Readonly<Record<string, string>>
  /** Of an `https:` URL. */
  trust?: Trust | null
  timeoutMs: number
}

/** Deadlines are looked at together, this often: a timer for every request would cost more than the request. */
const SWEEP_MS = 100

/**
 * Connections that are kept open, one request in flight on each, as many as are asked for at a time. On sockets rather than
 * node:http, which spends twice the CPU on a request that was made before the clock started: on a node that client and server
 * share, the server gets that CPU. No retries: what fails, fails once.
 */
export class HttpPool {
  readonly #options: HttpPoolOptions
  readonly #dialler: Dialler
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  readonly #sweeper: NodeJS.Timeout
  readonly #closed = new RequestError('aborted', 'The run was stopped')

  constructor(options: HttpPoolOptions) {
    this.#options = options
    this.#dialler = new Dialler(options.url, options.trust ?? null)
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref()
  }

  /** The whole request as it goes over the wire: to be made before the clock starts. */
  encode(method: string, path: string, body: string | Buffer = ''): Buffer {
    const { url, headers } = this.#options
    const payload = typeof body === 'string' ? Buffer.from(body) : body
    const head = [
      `${method} ${url.pathname.replace(/\/$/, '')}${path} HTTP/1.1`,
      `host: ${url.host}`,
      'accept: application/json',
      ...(payload.length > 0 ? ['content-type: application/json'] : []),
      `content-length: ${payload.length}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ].join('\r\n')
    return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), payload])
  }

  /** @throws RequestError, or the socket's error */
  async send(request: Buffer, timeoutMs = this.#options.timeoutMs): Promise<RawAnswer> {
    const connection = this.#idle.pop() ?? this.#open()
    const answer = await connection.exchange(request, timeoutMs)
    if (connection.isOpen) this.#idle.push(connection)
    return answer
  }

  close(): void {
    clearInterval(this.#sweeper)
    for (const connection of this.#all) connection.end(this.#closed)
  }

  #open(): Connection {
    const connection = new Connection(this.#dialler, () => {
      this.#all.delete(connection)
      const at = this.#idle.indexOf(connection)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    this.#all.add(connection)
    return connection
  }

  #sweep(): void {
    const now = performance.now()
    for (const connection of this.#all) connection.expire(now)
  }
}

class Connection {
  readonly #socket: Socket
  readonly #reader = new AnswerReader()
  #resolve: ((answer: RawAnswer) => void) | null = null
  #reject: ((error: Error) => void) | null = null
  #deadlineMs = Infinity
  /** Until the server is known to be the one that is meant. */
  #held: Buffer | null = null
  #isConnected = false
  isOpen = true

  constructor(dialler: Dialler, onClose: () => void) {
    this.#socket = dialler.open({ onOpen: () => this.#connected() })
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#socket.on('error', (error) => this.end(error))
    this.#socket.on('close', () => {
      this.end(new RequestError('closed', 'The server closed the connection without an answer'))
      onClose()
    })
  }

  exchange(request: Buffer, timeoutMs: number): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#deadlineMs = performance.now() + timeoutMs
      if (this.#isConnected) this.#socket.write(request)
      else this.#held = request
    })
  }

  expire(nowMs: number): void {
    if (this.#reject && nowMs > this.#deadlineMs)
      this.end(new RequestError('timeout', 'The server did not answer in time'))
  }

  end(error: Error): void {
    this.isOpen = false
    this.#socket.destroy()
    this.#reject?.(error)
    this.#resolve = this.#reject = null
  }

  #connected(): void {
    this.#isConnected = true
    if (this.#held) this.#socket.write(this.#held)
    this.#held = null
  }

  #read(chunk: Buffer): void {
    try {
      const answer = this.#resolve && this.#reader.push(chunk)
      if (!answer) return
      if (!this.#reader.keepAlive) {
        this.isOpen = false
        this.#socket.end()
      }
      this.#resolve!(answer)
      this.#resolve = this.#reject = null
    } catch (error) {
      this.end(error as Error)
    }
  }
}
