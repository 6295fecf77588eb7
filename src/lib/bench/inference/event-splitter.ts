/**
 * Takes server-sent events out of text as it comes, in pieces that may be cut anywhere, and gives the data of each. Bytes stand as
 * Latin-1: UTF-8 is read later, and so can be cut anywhere too.
 * Source: HTML Living Standard, 9.2.6 (fields, comments, the three line ends).
 */
export class EventSplitter {
  readonly #event: (data: string) => void
  /** The part of a line that has come so far. */
  #line = ''
  /** Data lines of the event that is open. */
  #data: string[] = []
  #skipLineFeed = false

  constructor(event: (data: string) => void) {
    this.#event = event
  }

  /** Nothing is open: the next byte begins an event. */
  get isBetweenEvents(): boolean {
    return this.#line === '' && this.#data.length === 0 && !this.#skipLineFeed
  }

  feed(text: string): void {
    let start = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (this.#skipLineFeed) {
        this.#skipLineFeed = false
        if (code === LINE_FEED) {
          start = at + 1
          continue
        }
      }
      if (code !== LINE_FEED && code !== CARRIAGE_RETURN) continue
      this.#endLine(this.#line + text.slice(start, at))
      this.#line = ''
      start = at + 1
      this.#skipLineFeed = code === CARRIAGE_RETURN
    }
    if (start < text.length) this.#line += text.slice(start)
  }

  #endLine(line: string): void {
    if (line === '') {
      if (this.#data.length === 0) return
      const data = this.#data.join('\n')
      this.#data = []
      this.#event(data)
    } else if (line.startsWith('data:')) this.#data.push(line.slice(line[5] === ' ' ? 6 : 5))
    else if (line === 'data') this.#data.push('')
  }
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
