export interface JsonElement {
  /** On which it begins, from 1. */
  line: number
  text: string
}

const [TAB, LINE_FEED, RETURN, BLANK] = [9, 10, 13, 32]
const [QUOTE, COMMA, BACKSLASH] = [34, 44, 92]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]

const MAX_ELEMENT_BYTES = 64 << 20

/**
 * Cuts the text of one JSON array into its elements while it comes in, wherever the pieces are cut: a file of gigabytes needs the memory
 * of its largest element. Only brackets, commas and quotes are looked at, which are single bytes in UTF-8 whatever stands around them;
 * what is inside an element is left to JSON.parse.
 */
export class JsonElementSplitter {
  #phase: 'before' | 'inside' | 'after' = 'before'
  #depth = 0
  #inString = false
  #escaped = false
  #line = 1
  #begun: Buffer[] = []
  #begunBytes = 0
  /** Line of the element that has begun; 0 while only white space was seen. */
  #elementLine = 0
  #elements = 0

  /** @throws SyntaxError that names the line */
  push(chunk: Buffer): JsonElement[] {
    const elements: JsonElement[] = []
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      if (this.#inString) {
        at = this.#throughString(chunk, at)
        continue
      }
      const byte = chunk[at]
      if (byte === LINE_FEED) this.#line++
      if (byte === BLANK || byte === LINE_FEED || byte === RETURN || byte === TAB) continue
      if (this.#phase !== 'inside') {
        this.#open(byte)
        start = at + 1
        continue
      }
      if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) {
        const isLast = byte === CLOSE_ARRAY
        if (!(isLast && this.#elements === 0 && this.#elementLine === 0))
          elements.push(this.#element(chunk.subarray(start, at)))
        start = at + 1
        if (isLast) this.#phase = 'after'
        continue
      }
      if (this.#elementLine === 0) this.#elementLine = this.#line
      if (byte === QUOTE) this.#inString = true
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#depth++
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#close()
    }
    if (this.#phase === 'inside') this.#keep(chunk.subarray(start))
    return elements
  }

  /** @throws SyntaxError when the array is not closed */
  end(): void {
    if (this.#phase === 'before') throw new SyntaxError('it is empty')
    if (this.#phase === 'inside')
      throw new SyntaxError(
        `line ${this.#line}: it is cut off in or after element ${this.#elements + 1}`,
      )
  }

  /**
   * From quote to quote, as strings are most of such a file. A quote after an odd number of backslashes is one of the text.
   * @returns the last place that belongs to the string in this piece
   */
  #throughString(chunk: Buffer, from: number): number {
    let at = from + (this.#escaped ? 1 : 0)
    this.#escaped = false
    for (;;) {
      const quote = chunk.indexOf(QUOTE, at)
      const end = quote === -1 ? chunk.length : quote
      let before = end - 1
      while (before >= at && chunk[before] === BACKSLASH) before--
      const isEscaped = (end - 1 - before) % 2 === 1
      if (quote === -1) {
        this.#escaped = isEscaped
        return chunk.length - 1
      }
      if (!isEscaped) {
        this.#inString = false
        return quote
      }
      at = quote + 1
    }
  }

  #open(byte: number) {
    if (this.#phase === 'after')
      throw new SyntaxError(`line ${this.#line}: something follows the end of the array`)
    if (byte !== OPEN_ARRAY) throw new SyntaxError(`line ${this.#line}: it does not begin with [`)
    this.#phase = 'inside'
  }

  #close() {
    if (this.#depth === 0) throw new SyntaxError(`line ${this.#line}: a bracket closes nothing`)
    this.#depth--
  }

  #keep(bytes: Buffer) {
    this.#begunBytes += bytes.length
    if (this.#begunBytes > MAX_ELEMENT_BYTES)
      throw new SyntaxError(`line ${this.#elementLine}: an element is larger than 64 MiB`)
    this.#begun.push(bytes)
  }

  #element(rest: Buffer): JsonElement {
    if (this.#elementLine === 0)
      throw new SyntaxError(`line ${this.#line}: an element is missing beside a comma`)
    const bytes = this.#begun.length === 0 ? rest : Buffer.concat([...this.#begun, rest])
    const element = { line: this.#elementLine, text: bytes.toString('utf8') }
    this.#begun = []
    this.#begunBytes = 0
    this.#elementLine = 0
    this.#elements++
    return element
  }
}
