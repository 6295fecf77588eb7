export interface Line {
  /** From 1. */
  number: number
  text: string
}

const LINE_FEED = 10
/** No dataset has such a line; a file without line ends is not one of lines. */
const MAX_LINE_BYTES = 64 << 20

/**
 * Lines of a stream of bytes, blank ones left out. Only line feeds end a line: readline would also end it at U+2028, which JSON allows
 * inside a string.
 * @throws RangeError at a line of more than 64 MiB
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 1
  let begun: Buffer[] = []
  let begunBytes = 0

  for await (const chunk of chunks) {
    let start = 0
    for (let end; (end = chunk.indexOf(LINE_FEED, start)) !== -1; start = end + 1) {
      const text = textOf(begun, chunk.subarray(start, end))
      begun = []
      begunBytes = 0
      if (text !== '') yield { number, text }
      number++
    }
    begun.push(chunk.subarray(start))
    begunBytes += chunk.length - start
    if (begunBytes > MAX_LINE_BYTES) throw new RangeError(`line ${number} is longer than 64 MiB`)
  }
  const text = textOf(begun, Buffer.alloc(0))
  if (text !== '') yield { number, text }
}

function textOf(begun: readonly Buffer[], rest: Buffer): string {
  const bytes = begun.length === 0 ? rest : Buffer.concat([...begun, rest])
  return bytes.toString('utf8').trim()
}
