import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { isErrno } from './errors.js'
import { LineShaper } from './line-shaper.js'

const CHUNK_BYTES = 256 * 1024
/** So far back the start of the last lines is looked for, and further by what many lines need: a line may have no start within reason. */
const SCAN_BYTES = 32 * 1024 * 1024
const SCAN_BYTES_A_LINE = 4 * 1024
const NEWLINE = 10

export interface Tail {
  /** Writes the last `lines` lines; {@link rest} goes on from there. A line that is too long to read is cut, and says so. */
  last(lines: number, write: Write): Promise<void>
  /** Writes what has come since the last call. A file that became shorter is read from its start again. */
  rest(write: Write): Promise<void>
  close(): Promise<void>
  /** How much was read so far. */
  readonly bytesRead: number
}

/** Waited for: whoever reads slowly is not drowned. */
export type Write = (text: string) => void | Promise<void>

/** Reads a log from its end, in bounded memory, whatever its size and the length of its lines. @returns undefined when there is no such file */
export async function openTail(path: string): Promise<Tail | undefined> {
  const file = await openFile(path)
  return file && new FileTail(file)
}

class FileTail implements Tail {
  readonly #file: FileHandle
  #position = 0
  #shaper: LineShaper
  #shaped = ''
  bytesRead = 0

  constructor(file: FileHandle) {
    this.#file = file
    this.#shaper = this.#shape(0)
  }

  async last(lines: number, write: Write): Promise<void> {
    const { size } = await this.#file.stat()
    this.#position = size
    if (lines <= 0) return
    const start = await this.#startOfLast(lines, size)
    this.#shaper = this.#shape(start.isWithin ? start.at : 0)
    await this.#pour(start.at, size, write)
    this.#shaper.settle()
    await this.#give(write)
  }

  async rest(write: Write): Promise<void> {
    const { size } = await this.#file.stat()
    if (size < this.#position) this.#position = 0
    await this.#pour(this.#position, size, write)
    this.#shaper.settle()
    await this.#give(write)
    this.#position = size
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #shape(startsWithin: number): LineShaper {
    return new LineShaper((text) => void (this.#shaped += text), startsWithin)
  }

  async #pour(from: number, to: number, write: Write): Promise<void> {
    for (let at = from; at < to;) {
      const chunk = await this.#read(at, Math.min(to, at + CHUNK_BYTES))
      // Somebody has made it shorter meanwhile.
      if (chunk.length === 0) return
      this.#shaper.push(chunk)
      await this.#give(write)
      at += chunk.length
    }
  }

  async #give(write: Write): Promise<void> {
    const text = this.#shaped
    this.#shaped = ''
    if (text !== '') await write(text)
  }

  async #startOfLast(lines: number, size: number): Promise<{ at: number; isWithin: boolean }> {
    const limit = Math.max(0, size - SCAN_BYTES - lines * SCAN_BYTES_A_LINE)
    // The line end at the very end of the file ends the last line and begins none.
    let wanted = lines
    for (let end = size; end > limit;) {
      const from = Math.max(limit, end - CHUNK_BYTES)
      const chunk = await this.#read(from, end)
      const last = end === size && chunk.at(-1) === NEWLINE ? chunk.length - 1 : chunk.length
      for (let at = last; (at = at > 0 ? chunk.lastIndexOf(NEWLINE, at - 1) : -1) >= 0;)
        if (--wanted === 0) return { at: from + at + 1, isWithin: false }
      end = from
    }
    return { at: limit, isWithin: limit > 0 }
  }

  async #read(from: number, to: number): Promise<Buffer> {
    const { bytesRead, buffer } = await this.#file.read(Buffer.alloc(to - from), 0, to - from, from)
    this.bytesRead += bytesRead
    return buffer.subarray(0, bytesRead)
  }
}

export interface LastLines {
  /** What `\r` or `\n` ends; one that is too long is cut. */
  lines: readonly string[]
  /** Number of the first of them, counted from 1; undefined when the file is too long to count. */
  firstNumber: number | undefined
}

/** What a line of a log that is searched may have: a stack of Python's has no longer ones that tell anything. */
const LONGEST_SEARCHED = 4 * 1024

/** The last lines of a file within its last `bytes`. @returns undefined when there is no such file */
export async function readLastLines(
  path: string,
  { lines, bytes }: { lines: number; bytes: number },
): Promise<LastLines | undefined> {
  const file = await openFile(path)
  if (!file) return undefined
  try {
    const { size } = await file.stat()
    const from = Math.max(0, size - bytes)
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
    const all = buffer.toString('utf8', 0, bytesRead).split('\n')
    // A part of a line tells nothing, and has no number.
    if (from > 0 && all.length > 1) all.shift()
    const first = Math.max(0, all.length - lines)
    return {
      lines: all.slice(first).map(lastState),
      firstNumber: from === 0 ? first + 1 : undefined,
    }
  } finally {
    await file.close()
  }
}

/** Of a line that was written over, what is to be seen at last. */
function lastState(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  return text.slice(text.lastIndexOf('\r') + 1).slice(0, LONGEST_SEARCHED)
}

/** Without waiting: the open() of a named pipe would last until somebody writes into it. */
async function openFile(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
      throw error
    },
  )
  if (!file || (await file.stat()).isFile()) return file
  await file.close()
  return undefined
}
