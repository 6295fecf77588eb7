import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'

/** One request of a vector benchmark, as it stands in requests.ndjson. Times are milliseconds from the start of the run, on the monotonic clock. */
export interface RequestRecord {
  phase: 'ingest' | 'query'
  /** Requests in flight; 1 in an open loop. */
  level: number
  /** Of an open loop. */
  ratePerSecond?: number
  repeat: number
  /** Which batch or which query vector. */
  item: number
  /** When it was due; as sentMs in a closed loop. */
  dueMs: number
  sentMs: number
  latencyMs: number
  /** Class of the failure; absent when it succeeded. */
  error?: string
  recall?: number
}

/** Streams records to a file, one JSON line each. */
export class Recorder {
  readonly #file: WriteStream
  #failure: Error | undefined

  constructor(path: string) {
    this.#file = createWriteStream(path, { mode: 0o600 })
    this.#file.on('error', (error) => (this.#failure = error))
  }

  /** @throws what the file system said: a full disk is not passed over */
  async write(records: Iterable<object>): Promise<void> {
    let text = ''
    for (const record of records) {
      text += JSON.stringify(record, rounded) + '\n'
      if (text.length < 1 << 16) continue
      await this.#put(text)
      text = ''
    }
    if (text) await this.#put(text)
  }

  async close(): Promise<void> {
    if (this.#failure) throw this.#failure
    this.#file.end()
    await once(this.#file, 'close')
    if (this.#failure) throw this.#failure
  }

  async #put(text: string): Promise<void> {
    if (this.#failure) throw this.#failure
    if (!this.#file.write(text)) await this.#drained()
    if (this.#failure) throw this.#failure
  }

  /** A stream that fails closes instead; what was waited for in vain must not stay behind as a listener. */
  async #drained(): Promise<void> {
    const settled = new AbortController()
    const { signal } = settled
    const events = ['drain', 'close'].map((name) => once(this.#file, name, { signal }))
    await Promise.race(events).catch(() => undefined)
    settled.abort()
    await Promise.allSettled(events)
  }
}

/** Microseconds are enough. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Math.round(value * 1e3) / 1e3
    : value
}
