/** How the instrument talks to a vector database. Preparing is not timed; adding and querying are. */
export interface VectorEngine {
  /** Vectors a call, and bytes, that the server takes. */
  limits(): Promise<{ maxBatch: number; maxBytes: number }>
  /** Makes a new collection. @throws when one of that name is there */
  create(name: string, space: string): Promise<void>
  count(): Promise<number>
  /** Of a server that has only the API before 1.0; null of any other. */
  oldVersion(): Promise<string | null>
  prepareBatch(firstId: number, rows: Float32Array, dim: number): PreparedBatch
  prepareQuery(vector: Float32Array, k: number): PreparedQuery
  drop(): Promise<void>
  close(): void
}

export interface PreparedBatch {
  /** On the wire; null where a client library does not tell. */
  bytes: number
  send(): Promise<void>
}

export interface PreparedQuery {
  /** Resolves at the last byte of the answer; {@link Neighbours.ids} is read after the clock has stopped. */
  send(): Promise<Neighbours>
}

export interface Neighbours {
  /** @throws RequestError `bad_answer` */
  ids(): readonly string[]
}
