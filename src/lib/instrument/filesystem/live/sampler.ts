import { appendFile, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makePrivateDir } from '../../../platform/files.js'
import { samplesPath, type Sample } from './files.js'
import { Ranks, type RanksWanted } from './ranks.js'

export interface SampleOptions extends RanksWanted {
  runDir: string
  /** As it is called in the name of the file. */
  node: string
  /** A folder of the file system whose inodes are counted: on one node, since they are those of all. */
  dataDir: string | null
  /** Aborted to end it in good order, with a last sample. */
  signal: AbortSignal
  periodMs?: number
}

const SECOND_MS = 1000
/** A day of samples must not fill a quota: after an hour every second one is written, after three every fourth. */
const THINNING = [
  { afterMs: 3 * 3_600_000, every: 4 },
  { afterMs: 3_600_000, every: 2 },
  { afterMs: 0, every: 1 },
]
const MOST_BYTES = 8 << 20
/** Of lines that a folder that hangs has not taken yet. */
const MOST_WAITING = 600
/** What the file system said longer ago is no figure of now. */
const OLDEST_INODES_MS = 10_000

/**
 * Writes what our ranks on this node have read and written, a line a second, until it is told to end or its parent is gone. A folder or a
 * file system that hangs keeps it from nothing but that line.
 */
export async function sample(options: SampleOptions): Promise<void> {
  const { signal, periodMs = SECOND_MS } = options
  const ranks = new Ranks(options)
  const inodes = new Inodes(options.dataDir)
  const lines = new Lines(samplesPath(options.runDir, options.node))
  const parent = process.ppid
  const startMs = performance.now()
  for (let tick = 0; !signal.aborted && process.ppid === parent; tick++) {
    const sinceMs = performance.now() - startMs
    const { every } = THINNING.find(({ afterMs }) => sinceMs >= afterMs)!
    const counts = ranks.look()
    inodes.ask()
    if (tick % every === 0) lines.add(lineOf(counts, inodes.used))
    const nextMs = periodMs - ((performance.now() - startMs) % periodMs)
    await sleep(nextMs, undefined, { signal }).catch(() => undefined)
  }
  lines.add(lineOf(ranks.look(), inodes.used))
  await lines.end()
}

function lineOf(counts: Omit<Sample, 'at' | 'inodesUsed'>, inodesUsed: number | null): string {
  const sample: Sample = { at: Date.now(), ...counts, inodesUsed }
  return JSON.stringify(sample) + '\n'
}

/** One question at a time, in the background: that to a dead server is never answered. */
class Inodes {
  readonly #dir: string | null
  #isAsking = false
  #answer: { used: number; atMs: number } | undefined

  constructor(dir: string | null) {
    this.#dir = dir
  }

  get used(): number | null {
    const isOld = !this.#answer || performance.now() - this.#answer.atMs > OLDEST_INODES_MS
    return isOld ? null : this.#answer!.used
  }

  ask(): void {
    if (this.#dir === null || this.#isAsking) return
    this.#isAsking = true
    void statfs(this.#dir)
      .then(({ files, ffree }) => {
        // A file system without a fixed number of inodes says 0.
        if (files > 0) this.#answer = { used: files - ffree, atMs: performance.now() }
      })
      .catch(() => undefined)
      .finally(() => (this.#isAsking = false))
  }
}

/** Opens, appends, closes: only a close makes others on NFS see it at once. */
class Lines {
  readonly #path: string
  #waiting: string[] = []
  #bytes = 0
  #isWriting = false
  #writing: Promise<void> = Promise.resolve()
  /** A write that failed may have left a part of a line. */
  #isTorn = false

  constructor(path: string) {
    this.#path = path
  }

  add(line: string): void {
    if (this.#bytes + line.length > MOST_BYTES) return
    this.#waiting.push(line)
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
    if (!this.#isWriting) this.#writing = this.#write()
  }

  async end(): Promise<void> {
    await this.#writing
    if (this.#waiting.length > 0) await this.#write()
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    const lines = this.#waiting.splice(0)
    const text = (this.#isTorn ? '\n' : '') + lines.join('')
    try {
      if (this.#bytes === 0) await makePrivateDir(dirname(this.#path))
      await appendFile(this.#path, text, { mode: 0o600 })
      this.#bytes += text.length
      this.#isTorn = false
    } catch {
      // A full disk may have room again: what is cumulative loses nothing but a look.
      this.#isTorn = true
    }
    this.#isWriting = false
  }
}
