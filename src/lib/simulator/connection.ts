import type { Socket } from 'node:net'
import { BadRequest, RequestReader, type HttpRequest } from './http-request.js'
import { monotonicMs } from './monotonic.js'

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}
const LAST_CHUNK = '0\r\n\r\n'

/** One request and the answer to it, which may be as wrong as is asked. */
export class Exchange {
  readonly receivedMs = monotonicMs()
  /** Called when the client goes away before the answer has ended. */
  onGone: (() => void) | null = null
  #isOver = false

  constructor(
    readonly request: HttpRequest,
    readonly socket: Socket,
    private readonly ended: () => void,
  ) {}

  get isOver(): boolean {
    return this.#isOver
  }

  /** A whole answer. */
  send(status: number, type: string, body: string, headers = ''): void {
    const length = Buffer.byteLength(body)
    this.write(
      `${headOf(status)}content-length: ${length}\r\ncontent-type: ${type}\r\n${headers}\r\n${body}`,
    )
    this.finish(false)
  }

  json(status: number, value: unknown): void {
    this.send(status, 'application/json', typeof value === 'string' ? value : JSON.stringify(value))
  }

  startStream(): void {
    this.write(
      `${headOf(200)}content-type: text/event-stream; charset=utf-8\r\nvary: Origin\r\ntransfer-encoding: chunked\r\n\r\n`,
    )
  }

  startJson(length: number): void {
    this.write(`${headOf(200)}content-length: ${length}\r\ncontent-type: application/json\r\n\r\n`)
  }

  /** Raw bytes. */
  write(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  /** The answer is complete. @param closes the connection is closed though nothing said so */
  finish(closes: boolean): void {
    this.#isOver = true
    if (closes || !this.request.keepAlive) this.socket.end()
    else this.ended()
  }

  hangUp(): void {
    this.#isOver = true
    this.socket.end()
  }

  reset(): void {
    this.#isOver = true
    this.socket.resetAndDestroy()
  }

  gone(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.onGone?.()
  }
}

/** @returns the chunks as HTTP/1.1 frames them, in one piece; `isLast` adds the end of the body */
export function framed(chunks: readonly (string | Buffer)[], isLast: boolean): string | Buffer {
  const isText = chunks.every((chunk) => typeof chunk === 'string')
  if (isText) {
    const frames = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`)
    return frames.join('') + (isLast ? LAST_CHUNK : '')
  }
  const parts = chunks.flatMap((chunk) => {
    const bytes = Buffer.from(chunk)
    return [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]
  })
  return Buffer.concat([...parts, Buffer.from(isLast ? LAST_CHUNK : '')])
}

/** Reads requests off a socket, one after the other: the next is looked at when the one before is answered. */
export function serveConnection(
  socket: Socket,
  { keepAliveMs, handle }: { keepAliveMs: number; handle: (exchange: Exchange) => void },
): void {
  const reader = new RequestReader()
  let current: Exchange | null = null
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  socket.on('timeout', () => socket.end())
  socket.on('close', () => current?.gone())

  const answerNext = () => {
    try {
      const request = reader.next((headers) => {
        if (headers.get('expect')?.toLowerCase() === '100-continue')
          socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      })
      if (!request) return
      socket.setTimeout(0)
      current = new Exchange(request, socket, () => {
        current = null
        socket.setTimeout(keepAliveMs)
        answerNext()
      })
      handle(current)
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      socket.end(`${headOf(400)}connection: close\r\ncontent-length: 0\r\n\r\n`)
    }
  }
  socket.on('data', (chunk: Buffer) => {
    reader.push(chunk)
    if (!current) answerNext()
  })
}

function headOf(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ''}\r\ndate: ${dateText()}\r\nserver: aibench-simulator\r\n`
}

/** Made once a second. */
let date = { untilMs: -1, text: '' }
function dateText(): string {
  const nowMs = performance.now()
  if (nowMs >= date.untilMs) date = { untilMs: nowMs + 1000, text: new Date().toUTCString() }
  return date.text
}
