import type { Trust } from '../../platform/trust.js'
import type { Connections } from '../http/connection-pool.js'
import type { WireRequest, WireResponse } from '../http/protocol.js'
import type { AibenchError } from '../../platform/errors.js'
import type { Failure, Where } from './refusal.js'

/** Every database that can be benchmarked, by the name of what it speaks; handed in by the catalog. */
export type Protocols = Readonly<Record<string, () => Promise<VectorProtocol>>>

/** What a vector database speaks. One file under `protocols/`, and one line in the catalog. */
export interface VectorProtocol {
  engine(options: EngineOptions): VectorEngine
  /** By the vendor's own client library, to see what that costs; absent where there is none. */
  library?(options: EngineOptions): Promise<VectorEngine>
  /** What a server that does nothing says to a query: a whole HTTP response. */
  nullAnswer(k: number): Buffer
  /** What is the matter with a server that says no in its first answer, or when a collection is made; null: nothing that only it knows. */
  explain?(doing: 'reach' | 'create', failure: Failure, where: Where): Promise<AibenchError | null>
}

export interface EngineOptions {
  url: string
  headers: Readonly<Record<string, string>>
  /** A token that the user gave without naming its header; null for none. */
  token: string | null
  /** Of an `https:` URL. */
  trust: Trust | null
  tenant?: string
  database?: string
}

/** What a collection is found by, in the database's own words: plain data, which other workers are sent. */
export type Collection = Readonly<Record<string, string>>

/** How the instrument talks to a vector database. Preparing is not timed; adding and querying are. */
export interface VectorEngine {
  /** Vectors a call, and bytes, that the server takes. */
  limits(): Promise<{ maxBatch: number; maxBytes: number }>
  /** Makes a new collection, and works on that. @throws when one of that name is there */
  create(name: string, space: string): Promise<Collection>
  /** Works on one that is there. */
  open(collection: Collection): void
  count(): Promise<number>
  prepareBatch(firstId: number, rows: Float32Array, dim: number): PreparedBatch
  /** @param item its number among the queries */
  prepareQuery(item: number, vector: Float32Array, k: number): QueryRequest
  /** For prepared queries. */
  connect(): Connections<QueryRequest, QueryResponse>
  drop(): Promise<void>
  close(): void
}

export interface PreparedBatch {
  /** On the wire; 0 where a client library does not tell. */
  bytes: number
  send(): Promise<void>
}

export interface QueryRequest extends WireRequest {
  readonly item: number
}

export interface QueryResponse extends WireResponse<QueryRequest> {
  /** Nearest first; read when no clock runs any more. @throws RequestError `bad_answer` */
  ids(): readonly string[]
}
