import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makePrivateDir } from '../../../platform/files.js'
import type { GroundTruth } from './contract.js'

/** The least recently used go first when there is more. */
const LARGEST_BYTES = 512 * 2 ** 20
const HASH_BYTES = 32
/** Ours, and what a killed process left half written. */
const OURS = /^[0-9a-f]{64}\.bin(\.\d+)?$/

/** Truths that were searched for before, a file each: sha256 of the rest, the ids, the distances of the k-th. */
export class TruthCache {
  readonly #folder: string
  readonly #largestBytes: number

  constructor(folder: string, largestBytes = LARGEST_BYTES) {
    this.#folder = folder
    this.#largestBytes = largestBytes
  }

  /** Undefined for what is not there, or damaged. @param key of the data, k and the space */
  async read(key: string, { queryCount, k }: { queryCount: number; k: number }) {
    const path = this.#pathOf(key)
    const file = await readFile(path).catch(() => undefined)
    const idBytes = queryCount * k * 4
    if (file?.length !== HASH_BYTES + idBytes + queryCount * 8) return undefined
    const body = file.subarray(HASH_BYTES)
    if (!hashOf(body).equals(file.subarray(0, HASH_BYTES))) return undefined
    const now = new Date()
    await utimes(path, now, now).catch(() => undefined)
    const copy = Uint8Array.from(body).buffer
    return {
      k,
      ids: new Int32Array(copy, 0, queryCount * k),
      kthDistance: new Float64Array(copy.slice(idBytes)),
    }
  }

  /** Whole or not at all. @throws what the file system says */
  async write(key: string, { ids, kthDistance }: GroundTruth): Promise<void> {
    const body = Buffer.concat([bytesOf(ids), bytesOf(kthDistance)])
    await makePrivateDir(this.#folder)
    const draft = `${this.#pathOf(key)}.${process.pid}`
    await writeFile(draft, Buffer.concat([hashOf(body), body]), { mode: 0o600 })
    await rename(draft, this.#pathOf(key))
    await this.#shrink()
  }

  async #shrink(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => OURS.test(name))
    const paths = names.map((name) => join(this.#folder, name))
    const files = await Promise.all(
      paths.map(async (path) => ({ path, ...(await stat(path).catch(() => GONE)) })),
    )
    files.sort((a, b) => b.mtimeMs - a.mtimeMs)
    let bytes = 0
    for (const { path, size } of files) {
      bytes += size
      if (bytes > this.#largestBytes) await rm(path, { force: true })
    }
  }

  #pathOf(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.bin`)
  }
}

/** By another process, in the meantime. */
const GONE = { size: 0, mtimeMs: 0 }

function hashOf(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest()
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
