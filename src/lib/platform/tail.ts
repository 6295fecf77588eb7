import { open } from 'node:fs/promises'
import { isErrno } from './errors.js'

const CHUNK_BYTES = 64 * 1024

export interface Tail {
  /** The last `lines` lines; {@link rest} goes on from there. */
  last(lines: number): Promise<string>
  /** What has come since the last call. A file that became shorter is read from its start again. */
  rest(): Promise<string>
  close(): Promise<void>
}

/** @returns undefined when there is no such file */
export async function openTail(path: string): Promise<Tail | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })
  if (!file) return undefined
  let position = 0

  const readFrom = async (start: number, end: number): Promise<Buffer> => {
    const buffer = Buffer.alloc(Math.max(0, end - start))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
    return buffer.subarray(0, bytesRead)
  }
  return {
    async last(lines) {
      const { size } = await file.stat()
      position = size
      let start = size
      let text = Buffer.alloc(0)
      while (start > 0 && countLines(text) <= lines) {
        const from = Math.max(0, start - CHUNK_BYTES)
        text = Buffer.concat([await readFrom(from, start), text])
        start = from
      }
      return lastLines(text.toString('utf8'), lines)
    },
    async rest() {
      const { size } = await file.stat()
      if (size < position) position = 0
      const text = await readFrom(position, size)
      position += text.length
      return text.toString('utf8')
    },
    close: () => file.close(),
  }
}

function countLines(text: Buffer): number {
  let count = 0
  for (const byte of text) if (byte === 10) count++
  return count
}

function lastLines(text: string, lines: number): string {
  const all = text.split('\n')
  const isWhole = all.at(-1) === ''
  const kept = all.slice(-(lines + (isWhole ? 1 : 0)))
  return lines > 0 ? kept.join('\n') : ''
}
