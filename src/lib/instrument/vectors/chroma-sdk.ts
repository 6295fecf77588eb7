import type { Collection } from 'chromadb'
import type { EngineOptions } from './chroma-raw.js'
import { type PreparedBatch, type PreparedQuery, type VectorEngine } from './engine.js'
import { RequestError } from '../http/request-error.js'

type Client = InstanceType<(typeof import('chromadb'))['ChromaClient']>

/** The official client library, as an application would use it: what it costs is what `--client sdk` is there to show. */
export class ChromaSdk implements VectorEngine {
  #collection: Collection | undefined

  private constructor(
    readonly client: Client,
    readonly timeoutMs: number,
  ) {}

  static async connect({ url, headers, timeoutMs, ...names }: EngineOptions): Promise<ChromaSdk> {
    const { ChromaClient } = await import('chromadb')
    const { hostname, port, protocol } = new URL(url)
    const ssl = protocol === 'https:'
    const client = new ChromaClient({
      ...{ host: hostname, port: Number(port || (ssl ? 443 : 80)), ssl, headers: { ...headers } },
      ...{ tenant: names.tenant, database: names.database },
    })
    return new ChromaSdk(client, timeoutMs)
  }

  async limits() {
    return { maxBatch: await this.client.getMaxBatchSize(), maxBytes: 40 * 1024 * 1024 }
  }

  async create(name: string, space: string): Promise<void> {
    this.#collection = await this.client.createCollection({
      name,
      configuration: { hnsw: { space: space as 'cosine' | 'l2' | 'ip' } },
      embeddingFunction: null,
    })
  }

  async oldVersion(): Promise<null> {
    return null
  }

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
    return { bytes: 0, send: () => this.#timed(collection.add({ ids, embeddings })) }
  }

  prepareQuery(vector: Float32Array, k: number): PreparedQuery {
    const queryEmbeddings = [Array.from(vector)]
    const collection = this.#own
    return {
      send: async () => {
        const asked = collection.query({ queryEmbeddings, nResults: k, include: ['distances'] })
        const answer = await this.#timed(asked)
        return { ids: () => answer.ids[0] }
      },
    }
  }

  async drop(): Promise<void> {
    await this.client.deleteCollection({ name: this.#own.name })
  }

  close(): void {}

  get #own(): Collection {
    if (!this.#collection) throw new Error('there is no collection yet')
    return this.#collection
  }

  /** The library has no time-out of its own; its errors hide their cause. */
  async #timed<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new RequestError('timeout', `no answer in ${this.timeoutMs} ms`)),
        this.timeoutMs,
      )
    })
    try {
      return await Promise.race([work, late])
    } catch (error) {
      throw error instanceof RequestError ? error : new RequestError(sdkClass(error), String(error))
    } finally {
      clearTimeout(timer)
    }
  }
}

function sdkClass(error: unknown): string {
  const name = (error as Error).constructor.name
  return /Connection/.test(name) ? 'connection' : `sdk_${name}`
}
