/** Where the figures of services and clients are kept, and can be asked for. */
export interface FigureStore {
  /** Id and name of the instance that it is. */
  instance: string
  name: string
  /** `3.16.0`. */
  version: string
  api: StoreAddress
  /** Where clients push theirs; null where nothing is taken. */
  push: PushAddress | null
  /** What it says itself that does not go as it should, in sentences. */
  trouble?(): Promise<readonly string[]>
}

export interface StoreAddress {
  /** Without a slash at its end. */
  url: string
  /** The value of the header; read from a file that only its owner can read. */
  authorization: string
}

export interface PushAddress extends StoreAddress {
  protocol: 'otlp' | 'remote-write'
}
