import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExporterRecord, GpuLook } from '../../platform/exporter-files.js'
import { readJsonIfThere } from '../../platform/files.js'
import { isWanted, type GpuSample } from './gpu-watch.js'

/** What one read of a file may take; a look at eight GPUs is 2 KiB. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * The GPUs of all nodes of an instance, as the exporters there have kept them in its run directory: also from where nothing of the server
 * can be seen.
 */
export class GpuRecords {
  readonly #dir: string
  readonly #wanted: readonly string[] | null
  /** By name: which file it was, and up to where that was read. */
  readonly #read = new Map<string, { ino: number; from: number }>()
  #isFirst = true

  private constructor(dir: string, wanted: readonly string[] | null) {
    this.#dir = dir
    this.#wanted = wanted
  }

  /**
   * @param wanted ids of GPUs, or indices; null: all
   * @returns undefined when no exporter is there that has seen any
   */
  static async open(dir: string, wanted: readonly string[] | null) {
    for (const name of await namesIn(dir, /^exporter\..+\.json$/)) {
      const record = await readJsonIfThere(join(dir, name)).catch(() => undefined)
      if ((record as Partial<ExporterRecord> | undefined)?.gpus) return new GpuRecords(dir, wanted)
    }
    return undefined
  }

  /** What was kept since the last call, in the order of time; nothing at the first, which only looks where the files end. */
  async take(): Promise<GpuSample[]> {
    const isFirst = this.#isFirst
    this.#isFirst = false
    const looks: GpuLook[] = []
    for (const name of await namesIn(this.#dir, /^gpu\..+\.ndjson$/))
      looks.push(...(await this.#since(name, isFirst).catch(() => [])))
    return looks
      .sort((a, b) => a.at - b.at)
      .flatMap(({ gpus }) => gpus)
      .filter((gpu) => isWanted(this.#wanted, gpu))
      .map(({ index, uuid, busyShare, memoryUsedMiB, powerW }) => ({
        index,
        uuid,
        busyShare,
        memoryMiB: memoryUsedMiB,
        powerW,
      }))
  }

  async #since(name: string, isFirst: boolean): Promise<GpuLook[]> {
    const path = join(this.#dir, name)
    const last = this.#read.get(name)
    const now = await textFrom(
      path,
      (isAnother) => (isFirst ? Infinity : isAnother ? 0 : last!.from),
      last?.ino,
    )
    this.#read.set(name, { ino: now.ino, from: now.to })
    // A new file was begun: the end of the one before bears another name.
    const before =
      last && now.ino !== last.ino ? await textFrom(`${path}.1`, () => last.from) : undefined
    return ((before?.text ?? '') + now.text).split('\n').flatMap(lookOf)
  }
}

/**
 * The whole lines of a file from a place on.
 * @param fromOf told whether it is another file than the one of the number `known`
 */
async function textFrom(path: string, fromOf: (isAnother: boolean) => number, known?: number) {
  // Opened anew: on NFS that is when it is asked what there is.
  const file = await open(path, 'r')
  try {
    const { ino, size } = await file.stat()
    const from = Math.min(size, fromOf(ino !== known))
    const bytes = Math.min(MOST_BYTES, size - from)
    const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, from)
    const end = buffer.lastIndexOf('\n') + 1
    return { ino, text: buffer.toString('utf8', 0, end), to: from + end }
  } finally {
    await file.close()
  }
}

function lookOf(line: string): GpuLook[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as GpuLook]
  } catch {
    return []
  }
}

async function namesIn(dir: string, pattern: RegExp): Promise<string[]> {
  return readdir(dir).then(
    (names) => names.filter((name) => pattern.test(name)).sort(),
    () => [],
  )
}
