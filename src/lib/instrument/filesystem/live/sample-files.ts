import { open, type FileHandle } from 'node:fs/promises'
import { isErrno } from '../../../platform/errors.js'
import type { Counts, NodeRates, Rates } from './contract.js'
import { parseSample, sampleFiles, type Sample } from './files.js'

/** Of all nodes together, of what is read at first: the last part of each file. */
const FIRST_BYTES = 16 << 20
const MOST_FIRST_BYTES = 256 << 10
/** Lines of which a file may have more than can be kept: some five hours of them. */
const MOST_SAMPLES = 4096
const WINDOW_MS = 5_000
/** So much older than the others' a file must be for its node to count as silent; or than now, where nothing comes. */
const SILENT_MS = 15_000
const ALL_SILENT_MS = 60_000

export type Counter = 'readBytes' | 'writeBytes' | 'readCalls' | 'writeCalls' | 'inodesUsed'

/** What the samplers of all nodes have written, followed as it grows. */
export class SampleFiles {
  readonly #files = new Map<string, SampleFile>()
  readonly #runDir: string
  /** At the last look something new was there. */
  hasGrown = false

  constructor(runDir: string) {
    this.#runDir = runDir
  }

  async look(): Promise<void> {
    const found = await sampleFiles(this.#runDir)
    const first = Math.min(MOST_FIRST_BYTES, FIRST_BYTES / Math.max(1, found.length))
    for (const { node, path } of found)
      if (!this.#files.has(node)) this.#files.set(node, new SampleFile(path, first))
    const files = [...this.#files.values()]
    const before = files.map(({ newest }) => newest?.at)
    for (let at = 0; at < files.length; at += TOGETHER)
      await Promise.all(files.slice(at, at + TOGETHER).map((file) => file.look()))
    this.hasGrown = files.some(({ newest }, i) => newest?.at !== before[i])
  }

  /** The middle of the newest stamps: one clock that is wrong counts for nothing among many. */
  get newestAt(): number | undefined {
    const stamps = [...this.#files.values()].flatMap(({ newest }) => newest?.at ?? [])
    return stamps.sort((a, b) => a - b)[stamps.length >> 1]
  }

  /** Of all nodes together, each as it was heard last. */
  get counts(): Counts | null {
    const newest = [...this.#files.values()].flatMap((file) => file.newest ?? [])
    if (newest.length === 0) return null
    const sum = (name: Exclude<Counter, 'inodesUsed'>) =>
      newest.reduce((total, sample) => total + sample[name], 0)
    return {
      readBytes: sum('readBytes'),
      writeBytes: sum('writeBytes'),
      readCalls: sum('readCalls'),
      writeCalls: sum('writeCalls'),
      inodesUsed: newest.find(({ inodesUsed }) => inodesUsed !== null)?.inodesUsed ?? null,
    }
  }

  /** Of each node over its last seconds since `fromMs`; those without two samples since then are left out. */
  rates(fromMs: number, nowMs: number): NodeRates[] {
    const newestMs = Math.max(...[...this.#files.values()].map(({ writtenAtMs }) => writtenAtMs))
    return [...this.#files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([node, file]) => {
        const isBehind = newestMs - file.writtenAtMs > SILENT_MS
        const isSilent = isBehind || nowMs - file.writtenAtMs > ALL_SILENT_MS
        const rates = file.rates(fromMs)
        return rates ? [{ node, ...rates, ranks: file.newest!.ranks, isSilent }] : []
      })
  }

  /** How much a counter grew over all nodes between two times; null where that is not known. */
  growth(counter: Counter, fromMs: number, toMs: number): number | null {
    const parts = [...this.#files.values()].map((file) => file.growth(counter, fromMs, toMs))
    const known = parts.filter((part) => part !== null)
    return known.length === 0 ? null : known.reduce((sum, part) => sum + part, 0)
  }
}

/** Files that are open at one time. */
const TOGETHER = 32

export function sumOf(nodes: readonly NodeRates[]): Rates | null {
  const heard = nodes.filter(({ isSilent }) => !isSilent)
  if (heard.length === 0) return null
  const sum = (name: 'readBytes' | 'writeBytes' | 'readCalls' | 'writeCalls') =>
    heard.reduce((total, rates) => total + rates[name], 0)
  return {
    readBytes: sum('readBytes'),
    writeBytes: sum('writeBytes'),
    readCalls: sum('readCalls'),
    writeCalls: sum('writeCalls'),
    files: heard.find(({ files }) => files !== null)?.files ?? null,
  }
}

class SampleFile {
  readonly #path: string
  readonly #firstBytes: number
  #samples: Sample[] = []
  #position: number | undefined
  #rest = ''
  writtenAtMs = 0

  constructor(path: string, firstBytes: number) {
    this.#path = path
    this.#firstBytes = firstBytes
  }

  get newest(): Sample | undefined {
    return this.#samples.at(-1)
  }

  async look(): Promise<void> {
    // Opened each time: on NFS that is what makes what others wrote be seen.
    const file = await open(this.#path, 'r').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT', 'ESTALE', 'EIO')) return undefined
      throw error
    })
    if (!file) return
    try {
      await this.#readOn(file)
    } finally {
      await file.close()
    }
  }

  async #readOn(file: FileHandle): Promise<void> {
    const { size, mtimeMs } = await file.stat()
    this.writtenAtMs = mtimeMs
    if (this.#position !== undefined && size < this.#position) this.#restart()
    const from = this.#position ?? Math.max(0, size - this.#firstBytes)
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
    this.#position = from + bytesRead
    const lines = (this.#rest + buffer.toString('latin1', 0, bytesRead)).split('\n')
    this.#rest = lines.pop()!.slice(0, LONGEST_LINE)
    for (const line of lines) this.#take(line)
    if (this.#samples.length > MOST_SAMPLES) this.#samples = this.#samples.slice(-MOST_SAMPLES / 2)
  }

  #take(line: string): void {
    const sample = line.length > LONGEST_LINE ? undefined : parseSample(line)
    // A clock that was set back would make rates of any size.
    if (sample && sample.at > (this.newest?.at ?? 0)) this.#samples.push(sample)
  }

  #restart(): void {
    this.#samples = []
    this.#position = 0
    this.#rest = ''
  }

  rates(fromMs: number): Rates | undefined {
    const newest = this.newest
    if (!newest) return undefined
    const since = Math.max(fromMs, newest.at - WINDOW_MS)
    const oldest = this.#samples.findLast(({ at }, i) => {
      const before = this.#samples[i - 1]
      return at < newest.at && (before === undefined || before.at < since) && at >= fromMs
    })
    if (!oldest) return undefined
    const seconds = (newest.at - oldest.at) / 1000
    const rate = (name: Counter) => ((newest[name] ?? 0) - (oldest[name] ?? 0)) / seconds
    const hasInodes = newest.inodesUsed !== null && oldest.inodesUsed !== null
    return {
      readBytes: rate('readBytes'),
      writeBytes: rate('writeBytes'),
      readCalls: rate('readCalls'),
      writeCalls: rate('writeCalls'),
      files: hasInodes ? rate('inodesUsed') : null,
    }
  }

  growth(counter: Counter, fromMs: number, toMs: number): number | null {
    const within = this.#samples.filter(({ at }) => at >= fromMs && at <= toMs)
    const [first, last] = [within[0]?.[counter] ?? null, within.at(-1)?.[counter] ?? null]
    // What was read begins later than what is asked for.
    const isWhole = (this.#samples[0]?.at ?? Infinity) <= fromMs + WINDOW_MS
    return first === null || last === null || !isWhole ? null : last - first
  }
}

const LONGEST_LINE = 2048
