import { ConnectionPool } from '../../http/connection-pool.js'
import type { Protocol, WireRequest } from '../../http/protocol.js'
import { requestBytes, requestHead } from '../../http/request-head.js'
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

/** All that is particular to the toy database, as a further one would be added. */
export const TOYDB: VectorProtocol = {
  engine: (options) => new ToyEngine(options),
  nullAnswer(k) {
    const body = Array.from({ length: k }, (_, id) => `row ${id}`).join('\n')
    return Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  },
}

const TIMEOUTS = { connectMs: 5_000, firstMs: 10_000, idleMs: 10_000, totalMs: 20_000 }
const QUERIES: Protocol<QueryRequest, ToyAnswer> = {
  newResponse: () => new ToyAnswer(),
  firstTimeoutClass: 'timeout',
}

class ToyAnswer extends WholeBody<QueryRequest> implements QueryResponse {
  ids(): readonly string[] {
    return this.body
      .toString()
      .split('\n')
      .map((line) => line.replace(/^row /, ''))
  }
}

class ToyEngine implements VectorEngine {
  readonly #url: URL
  readonly #calls: ConnectionPool<WireRequest, WholeBody<WireRequest>>
  readonly #headers: EngineOptions['headers']
  #table = ''

  constructor({ url, headers, trust }: EngineOptions) {
    this.#url = new URL(url)
    this.#headers = headers
    const options = { url: this.#url, timeouts: TIMEOUTS, trust }
    this.#calls = new ConnectionPool({ ...options, protocol: WHOLE_BODIES })
  }

  async limits() {
    const [, rows, bytes] = /rows=(\d+) bytes=(\d+)/.exec(await this.#call('GET', '/limits'))!
    return { maxBatch: Number(rows), maxBytes: Number(bytes) }
  }

  async create(name: string): Promise<Collection> {
    await this.#call('PUT', `/${name}`)
    this.open({ name })
    return { name }
  }

  open({ name }: Collection): void {
    this.#table = name
  }

  async count(): Promise<number> {
    return Number(await this.#call('GET', `/${this.#table}/size`))
  }

  prepareBatch(_firstId: number, rows: Float32Array, dim: number): PreparedBatch {
    const body = Buffer.from(bytesOf(rows))
    const path = `/${this.#table}/add/${dim}`
    return { bytes: body.length, send: async () => void (await this.#call('POST', path, body)) }
  }

  prepareQuery(item: number, vector: Float32Array, k: number): QueryRequest {
    const head = this.#head('POST', `/${this.#table}/near/${k}`)
    return { item, bytes: requestBytes(head, Buffer.from(bytesOf(vector))) }
  }

  connect(): ConnectionPool<QueryRequest, ToyAnswer> {
    return new ConnectionPool({
      ...{ url: this.#url, protocol: QUERIES, timeouts: TIMEOUTS, trust: null },
    })
  }

  async drop(): Promise<void> {
    await this.#call('DELETE', `/${this.#table}`)
  }

  close(): void {
    this.#calls.close()
  }

  #head(method: string, path: string): string {
    return requestHead({ method, path, url: this.#url, accept: '*/*', headers: this.#headers })
  }

  async #call(method: string, path: string, body: string | Buffer = ''): Promise<string> {
    const bytes = requestBytes(this.#head(method, path), body)
    const { error, response } = await this.#calls.exchange({ bytes })
    if (error) throw error
    return response.body.toString()
  }
}
