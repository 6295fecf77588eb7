/** A request as a socket reads it. */
export interface HttpRequest {
  method: string
  path: string
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>
  body: string
  /** Whether the client wants to use the connection again. */
  keepAlive: boolean
}

/** What is sent in its place is no HTTP, or more than a simulator takes. */
export class BadRequest extends Error {}

const END_OF_HEAD = '\r\n\r\n'
const LONGEST_HEAD_BYTES = 64 * 1024
const LONGEST_BODY_BYTES = 256 * 1024 * 1024

interface Head {
  method: string
  path: string
  headers: Map<string, string>
  keepAlive: boolean
  bodyStart: number
  /** Null: in chunks. */
  length: number | null
}

/**
 * Puts HTTP/1.1 requests together from what a socket reads. Of our own, and not node:http's, because an answer must be able to break
 * every rule of HTTP at a chosen byte, and because a server that is measured against must cost next to nothing.
 */
export class RequestReader {
  #pending: Buffer[] = []
  #bytes = 0
  #head: Head | null = null
  /** So many bytes must be there before another look is of use. */
  #needed = 0

  push(chunk: Buffer): void {
    this.#pending.push(chunk)
    this.#bytes += chunk.length
  }

  /**
   * @param onHead is told once that the client waits for leave to send its body
   * @returns the next request, once it is complete
   * @throws BadRequest
   */
  next(onHead?: (headers: ReadonlyMap<string, string>) => void): HttpRequest | null {
    if (this.#bytes === 0 || this.#bytes < this.#needed) return null
    const bytes = this.#joined()
    if (!this.#head) {
      this.#head = readHead(bytes)
      if (!this.#head) return null
      onHead?.(this.#head.headers)
    }
    const { bodyStart, length, ...head } = this.#head
    const body =
      length === null
        ? readChunks(bytes, bodyStart)
        : {
            text: () => bytes.toString('utf8', bodyStart, bodyStart + length),
            end: bodyStart + length,
          }
    this.#needed = body?.end ?? 0
    if (!body || bytes.length < body.end) return null
    const rest = bytes.subarray(body.end)
    this.#pending = rest.length > 0 ? [rest] : []
    this.#bytes = rest.length
    this.#head = null
    this.#needed = 0
    return { ...head, body: body.text() }
  }

  #joined(): Buffer {
    if (this.#pending.length > 1) this.#pending = [Buffer.concat(this.#pending)]
    return this.#pending[0]
  }
}

function readHead(bytes: Buffer): Head | null {
  const end = bytes.indexOf(END_OF_HEAD)
  if (end < 0) {
    if (bytes.length > LONGEST_HEAD_BYTES) throw new BadRequest('its head has no end')
    return null
  }
  const [first, ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const [method, target, version] = first.split(' ')
  if (!version?.startsWith('HTTP/1.')) throw new BadRequest('not HTTP/1.1')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  const isChunked = headers.get('transfer-encoding')?.toLowerCase().includes('chunked') ?? false
  const length = Number(headers.get('content-length') ?? 0)
  if (!(length <= LONGEST_BODY_BYTES)) throw new BadRequest('its length is not valid')
  const query = target.indexOf('?')
  return {
    method,
    path: query < 0 ? target : target.slice(0, query),
    headers,
    keepAlive: version !== 'HTTP/1.0' && headers.get('connection')?.toLowerCase() !== 'close',
    bodyStart: end + END_OF_HEAD.length,
    length: isChunked ? null : length,
  }
}

/** @returns null until the last chunk is there */
function readChunks(bytes: Buffer, start: number): { text: () => string; end: number } | null {
  const parts: Buffer[] = []
  for (let at = start; ;) {
    const endOfLine = bytes.indexOf('\r\n', at)
    if (endOfLine < 0) return null
    const size = parseInt(bytes.toString('latin1', at, endOfLine), 16)
    if (!(size <= LONGEST_BODY_BYTES)) throw new BadRequest('a chunk has no length')
    const from = endOfLine + 2
    if (bytes.length < from + size + 2) return null
    if (size === 0) return { text: () => Buffer.concat(parts).toString('utf8'), end: from + 2 }
    parts.push(bytes.subarray(from, from + size))
    at = from + size + 2
  }
}
