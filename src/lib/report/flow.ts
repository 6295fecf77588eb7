import { stripVTControlCharacters } from 'node:util'

/** What follows a name in the first column of a report's facts. */
export interface Flow {
  width: number
  /** Of the first line; it keeps its place in `indent`. */
  name?: string
  indent: number
  between?: string
}

/** Parts one after another on as many lines as they need; a part is broken only when a line of its own is too short for it. */
export function flow(
  parts: readonly (string | false | null | undefined)[],
  { width, name = '', indent, between = ' · ' }: Flow,
): string[] {
  const room = Math.max(20, width - indent)
  const lines: string[] = []
  let line = ''
  for (const given of parts) {
    if (!given) continue
    const part = given.replace(/\s*[\r\n]+\s*/g, ' ')
    const joined = line === '' ? part : line + between + part
    if (visible(joined) <= room) line = joined
    else {
      if (line !== '') lines.push(line)
      const broken = words(part, room)
      line = broken.pop()!
      lines.push(...broken)
    }
  }
  if (line !== '') lines.push(line)
  const margin = ' '.repeat(indent)
  const first = name + ' '.repeat(Math.max(0, indent - visible(name)))
  return lines.map((text, i) => (i === 0 ? first : margin) + text)
}

function words(text: string, room: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!
    if (last !== '' && visible(last) + 1 + visible(word) > room) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}

function visible(text: string): number {
  return [...stripVTControlCharacters(text)].length
}
