import type { Collection as ChromaCollection } from 'chromadb'
import type { Exchange } from '../../http/connection.js'
import type { Connections } from '../../http/connection-pool.js'
import { RequestError } from '../../http/request-error.js'
import type {
  Collection,
  EngineOptions,
  PreparedBatch,
  QueryRequest,
  QueryResponse,
  VectorEngine,
} from '../engine.js'
import { chromaHeaders, TIMEOUT_MS } from './chroma-access.js'

type Client = InstanceType<(typeof import('chromadb'))['ChromaClient']>

/** The official client library, as an application would use it: what it costs is what `--client sdk` is there to show. */
export class ChromaSdk implements VectorEngine {
  #collection: ChromaCollection | undefined

  private constructor(readonly client: Client) {}

  static async connect(options: EngineOptions): Promise<ChromaSdk> {
    const { ChromaClient } = await import('chromadb')
    const { hostname, port, protocol } = new URL(options.url)
    const ssl = protocol === 'https:'
    const client = new ChromaClient({
      host: hostname,
      port: Number(port || (ssl ? 443 : 80)),
      ssl,
      headers: { ...chromaHeaders(options) },
      tenant: options.tenant,
      database: options.database,
    })
    return new ChromaSdk(client)
  }

  async limits() {
    return { maxBatch: await this.client.getMaxBatchSize(), maxBytes: 40 * 1024 * 1024 }
  }

  async create(name: string, space: string): Promise<Collection> {
    this.#collection = await this.client.createCollection({
      name,
      configuration: { hnsw: { space: space as 'cosine' | 'l2' | 'ip' } },
      embeddingFunction: null,
    })
    return { id: this.#own.id, name }
  }

  /** Only ever the one that it has made: the library measures in one process. */
  open(): void {}

  async count(): Promise<number> {
    return this.#own.count()
  }

  prepareBatch(firstId: number, rows: Float32Array, dim: number): PreparedBatch {
    const count = rows.length / dim
    const ids = Array.from({ length: count }, (_, row) => String(firstId + row))
    const embeddings = Array.from({ length: count }, (_, row) =>
      Array.from(rows.subarray(row * dim, (row + 1) * dim)),
    )
    const collection = this.#own
    return { bytes: 0, send: () => inTime(collection.add({ ids, embeddings })) }
  }

  prepareQuery(item: number, vector: Float32Array, k: number): LibraryQuery {
    const queryEmbeddings = [Array.from(vector)]
    const collection = this.#own
    const ask = () => collection.query({ queryEmbeddings, nResults: k, include: ['distances'] })
    return { item, bytes: NOTHING, ask: async () => (await inTime(ask())).ids[0] }
  }

  connect(): Connections<QueryRequest, QueryResponse> {
    return new LibraryConnections()
  }

  async drop(): Promise<void> {
    await this.client.deleteCollection({ name: this.#own.name })
  }

  close(): void {}

  get #own(): ChromaCollection {
    if (!this.#collection) throw new Error('there is no collection yet')
    return this.#collection
  }
}

const NOTHING = Buffer.alloc(0)

/** The library writes its own bytes. */
interface LibraryQuery extends QueryRequest {
  ask(): Promise<readonly string[]>
}

class LibraryAnswer implements QueryResponse {
  readonly hasBegun = false
  readonly isHopeless = false
  readonly failure = null
  found: readonly string[] = []

  begin(): void {}
  feed(): void {}
  verdict(): null {
    return null
  }
  settle(): void {}
  ids(): readonly string[] {
    return this.found
  }
}

/** Those that the library has are its own affair. */
class LibraryConnections implements Connections<QueryRequest, QueryResponse> {
  readonly #busy = new Map<Exchange<LibraryAnswer>, () => void>()
  readonly opened = 0
  readonly reused = 0
  readonly resent = 0
  readonly connectMs: number[] = []

  async warm(): Promise<void> {}

  send(request: QueryRequest, onEnd: (exchange: Exchange<QueryResponse>) => void): void {
    const exchange: Exchange<LibraryAnswer> = {
      sentMs: performance.now(),
      endMs: NaN,
      status: 0,
      connectMs: null,
      error: null,
      metClosing: false,
      response: new LibraryAnswer(),
    }
    const end = (error: RequestError | null) => {
      // It may have been stopped before.
      if (!this.#busy.delete(exchange)) return
      exchange.endMs = performance.now()
      exchange.error = error
      onEnd(exchange)
    }
    this.#busy.set(exchange, () => end(new RequestError('aborted', 'the run was stopped')))
    ;(request as LibraryQuery).ask().then(
      (ids) => {
        exchange.response.found = ids
        end(null)
      },
      (error: RequestError) => end(error),
    )
  }

  inFlight(): Iterable<Exchange<QueryResponse>> {
    return this.#busy.keys()
  }

  close(): void {
    for (const stop of [...this.#busy.values()]) stop()
  }
}

/** The library has no time-out of its own; its errors hide their cause. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new RequestError('timeout', `no answer in ${TIMEOUT_MS} ms`)),
      TIMEOUT_MS,
    )
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    throw error instanceof RequestError ? error : new RequestError(classIn(error), String(error))
  } finally {
    clearTimeout(timer)
  }
}

function classIn(error: unknown): string {
  const name = (error as Error).constructor.name
  return /Connection/.test(name) ? 'connection' : `sdk_${name}`
}
