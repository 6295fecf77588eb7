import { createWriteStream, type WriteStream } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import type { Endpoint } from './ask.js'
import type { Finish } from './events.js'
import type { FaultKind } from './options.js'

/** What really happened to one request. Times are of {@link monotonicMs}. */
export interface TruthRecord {
  /** In order of arrival, from 0: faults are planned by it. */
  ordinal: number
  /** `x-request-id`, or `user` or `metadata.id` of the body. */
  id: string | null
  endpoint: Endpoint
  stream: boolean
  /** When the last byte of the request was read. */
  receivedMs: number
  /** How long it stood in line; null when it never ran. */
  queuedMs: number | null
  /** Just before the write of each token, so that a client can't have it earlier. */
  tokensSentAtMs: number[]
  endedMs: number
  promptTokens: number
  /** That were sent. */
  outputTokens: number
  /** Null when it did not end by itself: refused, or given up by the client. */
  finish: Finish | null
  fault: FaultKind | null
  /** Whether the answer broke a constraint on purpose; null when there was none. */
  wrong: boolean | null
}

/** Keeps records, or writes them, a JSON object a line. */
export class Truth {
  readonly records: TruthRecord[] = []
  #file: WriteStream | null = null

  /** @param keep false for a process that nobody can ask: its memory stays flat */
  constructor(readonly keep: boolean) {}

  /** @param path of a file that is begun anew, for its owner alone */
  async writeTo(path: string): Promise<void> {
    await writeFile(path, '', { mode: 0o600 })
    await chmod(path, 0o600)
    this.#file = createWriteStream(path, { flags: 'a' })
  }

  add(record: TruthRecord): void {
    if (this.keep) this.records.push(record)
    this.#file?.write(JSON.stringify(record, toMicroseconds) + '\n')
  }

  async close(): Promise<void> {
    if (!this.#file) return
    this.#file.end()
    await once(this.#file, 'close')
    this.#file = null
  }
}

/** More digits are noise. */
function toMicroseconds(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value
}
