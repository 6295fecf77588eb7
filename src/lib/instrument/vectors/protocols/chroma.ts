import { ConnectionPool } from '../../http/connection-pool.js'
import type { Protocol, WireRequest } from '../../http/protocol.js'
import { requestBytes, requestHead } from '../../http/request-head.js'
import { RequestError } from '../../http/request-error.js'
import { isObject, parseQuietly } from '../../http/server-words.js'
import { WholeBody, WHOLE_BODIES } from '../../http/whole-body.js'
import { bytesOf } from '../dataset.js'
import type {
  Collection,
  EngineOptions,
  PreparedBatch,
  QueryRequest,
  QueryResponse,
  VectorEngine,
  VectorProtocol,
} from '../engine.js'
import { chromaHeaders, TIMEOUT_MS } from './chroma-access.js'
import { explainChroma } from './chroma-refusal.js'
import { ChromaSdk } from './chroma-sdk.js'

export const CHROMA: VectorProtocol = {
  engine: (options) => new ChromaEngine(options),
  library: (options) => ChromaSdk.connect(options),
  nullAnswer(k) {
    const numbers = Array.from({ length: k }, (_, i) => i)
    const body = JSON.stringify({ ids: [numbers.map(String)], distances: [numbers] })
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json'
    return Buffer.from(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  },
  explain: explainChroma,
}

const TIMEOUTS = {
  connectMs: TIMEOUT_MS,
  firstMs: TIMEOUT_MS,
  idleMs: TIMEOUT_MS,
  totalMs: 2 * TIMEOUT_MS,
}
/** Chroma's own default. */
const MAX_BYTES = 40 * 1024 * 1024

const QUERIES: Protocol<QueryRequest, Answer> = {
  newResponse: () => new Answer(),
  firstTimeoutClass: 'timeout',
}

class Answer extends WholeBody<QueryRequest> implements QueryResponse {
  ids(): readonly string[] {
    return idsOf(this.body)
  }
}

/**
 * Chroma's HTTP interface without its client library: connections are kept, bodies are made before the clock starts, vectors are
 * sent as base64 where the server takes it (a quarter of the bytes).
 */
export class ChromaEngine implements VectorEngine {
  readonly #options: EngineOptions
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  /** For all but queries. */
  readonly #calls: ConnectionPool<WireRequest, WholeBody<WireRequest>>
  /** Of the collections. */
  readonly #api: string
  #base64 = false
  #collection: Collection = { id: '', name: '' }
  #queryHead = ''

  constructor(options: EngineOptions) {
    const { url, trust, tenant = 'default_tenant', database = 'default_database' } = options
    this.#options = options
    this.#url = new URL(url)
    this.#headers = chromaHeaders(options)
    const protocol = { ...WHOLE_BODIES, firstTimeoutClass: 'timeout' }
    this.#calls = new ConnectionPool({ url: this.#url, protocol, timeouts: TIMEOUTS, trust })
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

  async create(name: string, space: string): Promise<Collection> {
    const body = JSON.stringify({ name, configuration: { hnsw: { space } }, get_or_create: false })
    const { id } = parse(await this.#call('POST', this.#api, body)) as { id?: unknown }
    if (typeof id !== 'string' || id === '')
      throw new RequestError('bad_answer', 'the new collection has no id')
    this.open({ id: encodeURIComponent(id), name })
    return this.#collection
  }

  open(collection: Collection): void {
    this.#collection = collection
    this.#queryHead = this.#head('POST', `${this.#api}/${collection.id}/query`)
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
    const head = this.#head('POST', `${this.#api}/${this.#collection.id}/add`)
    const bytes = requestBytes(head, body)
    return { bytes: body.length, send: async () => void (await this.#exchange(bytes)) }
  }

  prepareQuery(item: number, vector: Float32Array, k: number): QueryRequest {
    const numbers = Array.from(vector, shortest).join()
    const body = `{"query_embeddings":[[${numbers}]],"n_results":${k},"include":["distances"]}`
    return { bytes: requestBytes(this.#queryHead, body), item }
  }

  connect(): ConnectionPool<QueryRequest, Answer> {
    const { trust } = this.#options
    return new ConnectionPool({ url: this.#url, protocol: QUERIES, timeouts: TIMEOUTS, trust })
  }

  async drop(): Promise<void> {
    await this.#call('DELETE', `${this.#api}/${this.#collection.name}`)
  }

  close(): void {
    this.#calls.close()
  }

  #encode(row: Float32Array): string {
    const bytes = bytesOf(row)
    return this.#base64
      ? `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`
      : `[${Array.from(row, shortest).join()}]`
  }

  #head(method: string, path: string): string {
    return requestHead({
      method,
      path,
      url: this.#url,
      headers: this.#headers,
      accept: 'application/json',
    })
  }

  #call(method: string, path: string, body = ''): Promise<Buffer> {
    return this.#exchange(requestBytes(this.#head(method, path), body))
  }

  /** @throws RequestError */
  async #exchange(bytes: Buffer): Promise<Buffer> {
    const { error, response } = await this.#calls.exchange({ bytes })
    if (error) throw error
    return Buffer.from(response.body)
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
