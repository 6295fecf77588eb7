import { padVisible, visibleWidth, wrapWords } from './wrap.js'

/** What follows a name in the first column of a report's facts. */
export interface Flow {
  width: number
  /** Of the first line; it keeps its place in `indent`. */
  name?: string
  indent: number
  between?: string
  /** Of a part that is never broken, however long. */
  isWhole?: (part: string) => boolean
}

/** Parts one after another on as many lines as they need; a part is broken only when a line of its own is too short for it. */
export function flow(
  parts: readonly (string | false | null | undefined)[],
  { width, name = '', indent, between = ' · ', isWhole = () => false }: Flow,
): string[] {
  const room = Math.max(20, width - indent)
  const lines: string[] = []
  let line = ''
  for (const given of parts) {
    if (!given) continue
    const part = given.replace(/\s*[\r\n]+\s*/g, ' ')
    const joined = line === '' ? part : line + between + part
    if (visibleWidth(joined) <= room) line = joined
    else {
      if (line !== '') lines.push(line)
      const broken = isWhole(part) ? [part] : wrapWords(part, room)
      line = broken.pop()!
      lines.push(...broken)
    }
  }
  if (line !== '') lines.push(line)
  const margin = ' '.repeat(indent)
  const first = padVisible(name, indent)
  return lines.map((text, i) => (i === 0 ? first : margin) + text)
}
