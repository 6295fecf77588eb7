import { appendFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gpuFileOf, type GpuLook } from '../../platform/exporter-files.js'

/** With four GPUs some nine hours; then the file before it goes. */
const LARGEST_BYTES = 32 * 1024 * 1024
/** On a file system that hangs they wait in memory. */
const MOST_WAITING = 600

/** Keeps what was seen in the run directory, a line a look. Two files of a bounded size; one that can't be written keeps nobody from anything. */
export class GpuFile {
  readonly #path: string
  readonly #old: string
  readonly #log: (line: string) => void
  readonly #largestBytes: number
  #waiting: string[] = []
  #isWriting = false
  #hasFailed = false

  constructor(
    runDir: string,
    node: string,
    { log, largestBytes = LARGEST_BYTES }: { log(line: string): void; largestBytes?: number },
  ) {
    this.#path = join(runDir, gpuFileOf(node))
    this.#old = `${this.#path}.1`
    this.#log = log
    this.#largestBytes = largestBytes
  }

  add(look: GpuLook): void {
    this.#waiting.push(`${JSON.stringify(look)}\n`)
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
    if (!this.#isWriting) void this.#write()
  }

  /** Opened and closed for each look: other nodes see of a file on NFS what was there when it was closed. */
  async #write(): Promise<void> {
    this.#isWriting = true
    try {
      while (this.#waiting.length > 0) {
        const lines = this.#waiting
        this.#waiting = []
        const bytes = await stat(this.#path).then(
          ({ size }) => size,
          () => 0,
        )
        if (bytes > this.#largestBytes) await rename(this.#path, this.#old)
        await appendFile(this.#path, lines.join(''), { mode: 0o600 })
      }
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed) this.#log(`can't keep figures: ${(error as Error).message}`)
      this.#hasFailed = true
    } finally {
      this.#isWriting = false
    }
  }
}
