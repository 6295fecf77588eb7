import type { Trust } from '../../platform/trust.js'
import { HttpPool } from '../http/http-pool.js'
import type { VectorEngine, PreparedBatch, PreparedQuery } from './engine.js'
import { RequestError } from '../http/request-error.js'
import { isObject, parseQuietly } from '../http/server-words.js'
import { bytesOf } from './dataset.js'

export interface EngineOptions {
  url: string
  headers: Readonly<Record<string, string>>
  /** Of an `https:` URL. */
  trust?: Trust | null
  tenant?: string
  database?: string
  /** After which a request counts as failed. */
  timeoutMs: number
}

/** Chroma's own default. */
const MAX_BYTES = 40 * 1024 * 1024

/**
 * Chroma's HTTP interface without its client library: connections are kept, bodies are made before the clock starts, vectors are
 * sent as base64 where the server takes it (a quarter of the bytes).
 */
export class ChromaRaw implements VectorEngine {
  readonly #pool: HttpPool
  /** Of the collections. */
  readonly #api: string
  #base64 = false
  #collection = { id: '', name: '' }

  constructor({ url, headers, trust, timeoutMs, ...names }: EngineOptions) {
    this.#pool = new HttpPool({ url: new URL(url), headers, trust, timeoutMs })
    const { tenant = 'default_tenant', database = 'default_database' } = names
    const [owner, room] = [tenant, database].map(encodeURIComponent)
    this.#api = `/api/v2/tenants/${owner}/databases/${room}/collections`
  }

  async limits() {
    const answer = parse(await this.#call('GET', '/api/v2/pre-flight-checks')) as {
      max_batch_size?: unknown
      supports_base64_encoding?: unknown
    }
    this.#base64 = answer.supports_base64_encoding === true
    const { max_batch_size: most } = answer
    const isKnown = Number.isSafeInteger(most) && (most as number) > 0
    return { maxBatch: isKnown ? (most as number) : 5_461, maxBytes: MAX_BYTES }
  }

  async create(name: string, space: string): Promise<void> {
    const body = JSON.stringify({ name, configuration: { hnsw: { space } }, get_or_create: false })
    const { id } = parse(await this.#call('POST', this.#api, Buffer.from(body))) as { id?: unknown }
    if (typeof id !== 'string' || id === '')
      throw new RequestError('bad_answer', 'the new collection has no id')
    this.#collection = { id: encodeURIComponent(id), name }
  }

  async oldVersion(): Promise<string | null> {
    try {
      await this.#call('GET', '/api/v1/heartbeat')
      const version = parseQuietly((await this.#call('GET', '/api/v1/version')).toString())
      return /^[\w.+-]{1,32}$/.test(String(version)) ? String(version) : 'of an unknown version'
    } catch {
      return null
    }
  }

  async count(): Promise<number> {
    const count = Number(await this.#call('GET', `${this.#api}/${this.#collection.id}/count`))
    if (!Number.isSafeInteger(count))
      throw new RequestError('bad_answer', 'the count is not a number')
    return count
  }

  prepareBatch(firstId: number, rows: Float32Array, dim: number): PreparedBatch {
    const count = rows.length / dim
    const ids = Array.from({ length: count }, (_, row) => String(firstId + row))
    const embeddings = Array.from({ length: count }, (_, row) =>
      this.#encode(rows.subarray(row * dim, (row + 1) * dim)),
    )
    const body = Buffer.from(`{"ids":${JSON.stringify(ids)},"embeddings":[${embeddings.join()}]}`)
    const request = this.#pool.encode('POST', `${this.#api}/${this.#collection.id}/add`, body)
    return { bytes: body.length, send: async () => void (await this.#exchange(request)) }
  }

  prepareQuery(vector: Float32Array, k: number): PreparedQuery {
    const numbers = Array.from(vector, shortest).join()
    const body = Buffer.from(
      `{"query_embeddings":[[${numbers}]],"n_results":${k},"include":["distances"]}`,
    )
    const request = this.#pool.encode('POST', `${this.#api}/${this.#collection.id}/query`, body)
    return {
      send: async () => {
        const answer = await this.#exchange(request)
        return { ids: () => idsOf(answer) }
      },
    }
  }

  async drop(): Promise<void> {
    await this.#call('DELETE', `${this.#api}/${this.#collection.name}`)
  }

  close(): void {
    this.#pool.close()
  }

  #encode(row: Float32Array): string {
    const bytes = bytesOf(row)
    return this.#base64
      ? `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`
      : `[${Array.from(row, shortest).join()}]`
  }

  #call(method: string, path: string, body?: Buffer): Promise<Buffer> {
    return this.#exchange(this.#pool.encode(method, path, body))
  }

  /** @param request as it goes over the wire */
  async #exchange(request: Buffer): Promise<Buffer> {
    const { status, body } = await this.#pool.send(request)
    if (status >= 300) throw new RequestError(`http_${status}`, body.toString('utf8', 0, 300))
    return body
  }
}

/** A float32 needs at most nine digits to come back the same; seldom so many. */
function shortest(value: number): string {
  for (let digits = 7; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}

/** @throws RequestError for what is no object: of Chroma's answers each is one */
function parse(answer: Buffer): object {
  const parsed = parseQuietly(answer.toString('utf8'))
  if (!isObject(parsed)) throw new RequestError('bad_answer', 'the answer is not a JSON object')
  return parsed
}

function idsOf(answer: Buffer): readonly string[] {
  const { ids } = parse(answer) as { ids?: unknown }
  const found: unknown = Array.isArray(ids) ? ids[0] : undefined
  if (!Array.isArray(found) || !found.every((id) => typeof id === 'string'))
    throw new RequestError('bad_answer', 'the answer has no ids')
  return found
}
