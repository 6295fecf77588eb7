/** Of a file that is larger, the start and the end are read: a log's end tells how the run ended. */
export const HEAD_BYTES = 8 * 2 ** 20
export const TAIL_BYTES = 2 ** 20
/** So much is looked at before the rest is read. */
export const SNIFF_BYTES = 16 * 1024
/** Of a binary file's first bytes more are control characters than of a text that a crash or a terminal has damaged. */
const MOST_CONTROLS = 0.1
/** A line a rank and nothing that is judged: io500's own *.csv, ten of them, 12,288 lines each. */
const OF_RANKS = /^(?:access,rank,|rank,\s?(?:items|errors),|runtime: [\d.]+ rate: )/

export type Refusal = 'empty' | 'binary' | 'ranks'

/** Takes the bytes of one file, in bounded memory, and makes text of them if they are any. */
export class TextTaker {
  #head: Buffer[] = []
  #headBytes = 0
  #tail: Buffer[] = []
  #tailBytes = 0
  #refusal: Refusal | null = null
  isCut = false

  /** @returns false once no more is wanted */
  push(chunk: Buffer): boolean {
    if (this.#refusal) return false
    const room = HEAD_BYTES - this.#headBytes
    if (room > 0) {
      this.#head.push(chunk.subarray(0, room))
      this.#headBytes += Math.min(room, chunk.length)
      if (this.#headBytes >= SNIFF_BYTES) this.#sniff()
    }
    if (chunk.length > room) this.#keepTail(chunk.subarray(Math.max(0, room)))
    return this.#refusal === null
  }

  get refusal(): Refusal | null {
    if (this.#headBytes === 0) return 'empty'
    this.#sniff()
    return this.#refusal
  }

  /** Of what was taken; with a hole in it no line is made of both its sides. */
  text(): string {
    const head = Buffer.concat(this.#head)
    if (!this.isCut) return decoded(head)
    const start = head.subarray(0, head.lastIndexOf(10) + 1)
    const tail = Buffer.concat(this.#tail)
    return decoded(start) + decoded(tail.subarray(tail.indexOf(10) + 1))
  }

  #keepTail(chunk: Buffer): void {
    this.#tail.push(chunk)
    this.#tailBytes += chunk.length
    this.isCut = true
    while (this.#tailBytes - this.#tail[0].length >= TAIL_BYTES)
      this.#tailBytes -= this.#tail.shift()!.length
  }

  /** Once is enough: what comes later says nothing about the first bytes. */
  #sniff(): void {
    if (this.#head.length === 0 || this.#isSniffed) return
    this.#isSniffed = this.#headBytes >= SNIFF_BYTES
    const start = Buffer.concat(this.#head).subarray(0, SNIFF_BYTES)
    if (isBinary(start)) this.#refusal = 'binary'
    else if (OF_RANKS.test(start.toString('latin1', 0, 64))) this.#refusal = 'ranks'
  }
  #isSniffed = false
}

function isBinary(start: Buffer): boolean {
  if (isUtf16(start)) return false
  let controls = 0
  for (const byte of start)
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127) controls++
  return controls > start.length * MOST_CONTROLS
}

/** PowerShell's `>` writes it. */
function isUtf16(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xfe
}

function decoded(bytes: Buffer): string {
  return isUtf16(bytes) ? bytes.toString('utf16le') : bytes.toString('utf8')
}
