/** What is shown of the start of a line that is too long to be shown whole, and of its end. */
const HEAD_BYTES = 4 * 1024
const TAIL_BYTES = 4 * 1024
const NEWLINE = 10
const RETURN = 13
const NOTHING = Buffer.alloc(0)
/** A progress bar that goes on is shown again after so many looks at it. */
const LOOKS_APART = 5

/**
 * Makes lines to read out of the bytes of a log, whatever they are, in a few KiB of memory: a line that is too long is cut in its middle,
 * which is said, and of a line that was written over and over (`\r`, a progress bar) its last state is what counts.
 */
export class LineShaper {
  readonly #write: (text: string) => void
  /** Of the line being read: its first bytes, its last bytes when there are more, and how many there are in all. */
  #head: Buffer = NOTHING
  #tail: Buffer = NOTHING
  #bytes = 0
  /** A `\r` was seen at the very end: what follows decides whether it ends the line or begins it again. */
  #returned = false
  #wasRewritten = false
  /** Something of the line was written, and no line end after it. */
  #isWithinLine = false
  /** Of {@link #head}, so much has been written already by {@link settle}. */
  #shown = 0
  #looks = LOOKS_APART

  /** @param startsWithin the first line given has a part before it that is not given */
  constructor(
    write: (text: string) => void,
    private startsWithin = 0,
  ) {
    this.#write = write
  }

  push(chunk: Buffer): void {
    let from = 0
    while (from < chunk.length) {
      const plain = this.#isAtStart ? endOfPlainLines(chunk, from) : from
      if (plain > from) this.#write(chunk.toString('utf8', from, plain))
      from = plain
      const newline = chunk.indexOf(NEWLINE, from)
      const end = newline < 0 ? chunk.length : newline
      this.#take(chunk.subarray(from, end))
      if (newline < 0) return
      this.#endLine()
      from = newline + 1
    }
  }

  /** Shows what there is of a line that has not ended yet; call it now and then while a log is followed. */
  settle(): void {
    if (this.#wasRewritten) {
      if (this.#bytes === 0 || ++this.#looks < LOOKS_APART) return
      this.#looks = 0
      this.#write(`${this.#text()}\n`)
      return this.#restart()
    }
    if (this.startsWithin > 0 || this.#tail.length > 0) {
      this.#write(this.#text())
      this.#isWithinLine = true
      return this.#restart()
    }
    const rest = withoutHalfLetter(this.#head.subarray(this.#shown))
    if (rest.length === 0) return
    this.#write(rest.toString('utf8'))
    this.#shown += rest.length
    this.#isWithinLine = true
  }

  get #isAtStart(): boolean {
    const isFresh = !this.#returned && !this.#wasRewritten && this.startsWithin === 0
    return isFresh && this.#bytes === 0
  }

  #take(part: Buffer): void {
    // A `\r` at the end may belong to a `\r\n` yet.
    const returned = part.at(-1) === RETURN
    while (part.at(-1) === RETURN) part = part.subarray(0, -1)
    if (part.length > 0) this.#takeText(part)
    this.#returned ||= returned
  }

  /** Of `a\rb\rc` only c is left on a terminal. */
  #takeText(text: Buffer): void {
    const last = text.lastIndexOf(RETURN)
    if (this.#returned || last >= 0) this.#rewrite()
    const part = text.subarray(last + 1)
    this.#bytes += part.length
    const room = HEAD_BYTES - this.#head.length
    if (room > 0) this.#head = Buffer.concat([this.#head, part.subarray(0, room)])
    if (part.length > room) this.#tail = lastBytes(this.#tail, part.subarray(Math.max(0, room)))
  }

  #rewrite(): void {
    if (this.#isWithinLine) this.#write('\n')
    this.#restart()
    this.#isWithinLine = false
    this.#wasRewritten = true
  }

  #endLine(): void {
    const wasShown = this.#wasRewritten && this.#bytes === 0
    if (!wasShown) this.#write(`${this.#text()}\n`)
    this.#restart()
    this.#isWithinLine = false
    this.#wasRewritten = false
    this.#looks = LOOKS_APART
  }

  #restart(): void {
    this.#head = NOTHING
    this.#tail = NOTHING
    this.#bytes = 0
    this.#shown = 0
    this.#returned = false
    this.startsWithin = 0
  }

  /** The part of the line that was not shown yet. */
  #text(): string {
    const before = this.startsWithin
    const hidden = this.#bytes - this.#head.length - this.#tail.length
    if (before === 0 && hidden === 0)
      return Buffer.concat([this.#head.subarray(this.#shown), this.#tail]).toString('utf8')
    // Of a line that began long before, the first bytes that were read are its middle.
    const start = before > 0 ? '' : withoutHalfLetter(this.#head.subarray(this.#shown)).toString()
    const end = before > 0 && this.#tail.length === 0 ? this.#head : this.#tail
    const cut = this.#bytes - end.length - (before > 0 ? 0 : this.#head.length) + before
    return `${start} … [${cut} bytes of this line are not shown] … ${fromWholeLetter(end).toString()}`
  }
}

/** Most of a log: whole lines of an ordinary length, all shown as they are. */
function endOfPlainLines(chunk: Buffer, from: number): number {
  const found = chunk.indexOf(RETURN, from)
  const limit = found < 0 ? chunk.length : found
  let end = from
  for (;;) {
    const newline = chunk.indexOf(NEWLINE, end)
    if (newline < 0 || newline >= limit || newline - end > HEAD_BYTES) return end
    end = newline + 1
  }
}

function lastBytes(before: Buffer, part: Buffer): Buffer {
  if (part.length >= TAIL_BYTES) return Buffer.from(part.subarray(-TAIL_BYTES))
  return Buffer.concat([before, part]).subarray(-TAIL_BYTES)
}

/** Without the first bytes of a letter in UTF-8 whose other bytes are not there yet. */
function withoutHalfLetter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? bytes.subarray(0, -back) : bytes
  }
  return bytes
}

function fromWholeLetter(bytes: Buffer): Buffer {
  let from = 0
  while (from < 3 && (bytes[from] & 0xc0) === 0x80) from++
  return bytes.subarray(from)
}
