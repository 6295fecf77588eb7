import type { PrometheusApi } from '../../../monitoring/prometheus/client.js'
import { aibench } from '../../../platform/command-line.js'
import { statFileSystem } from '../../../platform/file-system.js'
import { formatBytes } from '../../../platform/units.js'
import { MONITORS } from '../words.js'

/** Some hours of a few thousand series a second. */
const LITTLE_BYTES = 64 * 1024 * 1024
/** A disk with less is as good as full: the log is written in pages. */
const NOTHING_BYTES = 256 * 1024
/** What is a little late has only met a busy machine. */
const LATE_MS = 10_000
const LATE_SCRAPES = 5

export interface StoringParts {
  api: Pick<PrometheusApi, 'query'>
  /** Of the monitors. */
  instance: { id: string; name: string }
  /** Where the figures are kept, on this node; undefined when that is not known. */
  dir: string | undefined
  scrapeIntervalMs: number
  roomIn?: (dir: string) => Promise<{ freeBytes: number }>
}

/**
 * Whether what is asked for is kept. Of a disk that is full Prometheus tells nobody but its log: it answers queries, its targets stay up, and
 * it says 200 to clients that push by OTLP.
 */
export class Storing {
  /** When it was last seen to keep something, or began to be looked at. */
  #keptMs: number | null = null
  readonly #lateMs: number

  constructor(private readonly parts: StoringParts) {
    this.#lateMs = Math.max(LATE_MS, LATE_SCRAPES * parts.scrapeIntervalMs)
  }

  /** @throws what the API throws when it can't be asked */
  async look(now: Date): Promise<{ freeBytes: number | null; trouble: string[] }> {
    const nowMs = now.getTime()
    const freeBytes = await this.#freeBytes()
    this.#keptMs = await this.#lastKeptMs(nowMs).catch((error: unknown) => {
      this.#keptMs = nowMs
      throw error
    })
    return { freeBytes, trouble: this.#troubles(nowMs, freeBytes) }
  }

  #troubles(nowMs: number, freeBytes: number | null): string[] {
    const { instance, dir } = this.parts
    if (nowMs - this.#keptMs! > this.#lateMs) {
      const since = new Date(this.#keptMs!).toISOString().slice(11, 19)
      const log = aibench(MONITORS.kind, 'logs', instance.name, 'prometheus')
      const isFull = freeBytes !== null && freeBytes < NOTHING_BYTES
      const why = isFull ? `no space left in ${dir}` : `${log} says why`
      return [`nothing has been stored since ${since} UTC: ${why}`]
    }
    if (freeBytes === null || freeBytes >= LITTLE_BYTES) return []
    return [`little space is left for the data in ${dir}: ${formatBytes(freeBytes)}`]
  }

  async #freeBytes(): Promise<number | null> {
    const { dir, roomIn = statFileSystem } = this.parts
    if (dir === undefined) return null
    return roomIn(dir).then(
      ({ freeBytes }) => freeBytes,
      () => null,
    )
  }

  /** It asks itself for its figures, whatever else it asks. */
  async #lastKeptMs(nowMs: number): Promise<number> {
    const own = `up{job="prometheus",instance_id=${JSON.stringify(this.parts.instance.id)}}`
    const [series] = await this.parts.api.query(`timestamp(${own})`)
    const foundMs = (series?.samples[0]?.value ?? 0) * 1000
    return Math.max(foundMs, this.#keptMs ?? nowMs)
  }
}
