/** What of a line is looked at: the longest that says something is a command, the longest of all a `Nodemap` of 12,288 ranks. */
export const MAX_LINE_CHARACTERS = 16_384

export interface Line {
  /** From 1. */
  number: number
  text: string
  /** The last one may have been cut where the file was; what it says is not to be believed to its end. */
  isWhole: boolean
}

/** Without line ends of any system, the NULs that a crashed file system leaves, and a mark at the front. */
export function* linesOf(text: string): Generator<Line> {
  let start = text.startsWith('\ufeff') ? 1 : 0
  for (let number = 1; start < text.length; number++) {
    const end = text.indexOf('\n', start)
    const stop = end < 0 ? text.length : end
    const raw = text.slice(start, Math.min(stop, start + MAX_LINE_CHARACTERS))
    yield { number, text: clean(raw), isWhole: end >= 0 && !raw.includes('\0') }
    if (end < 0) return
    start = end + 1
  }
}

function clean(raw: string): string {
  const text = raw.includes('\0') ? raw.replaceAll('\0', '') : raw
  return text.endsWith('\r') ? text.replace(/\r+$/, '') : text
}
