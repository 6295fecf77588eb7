/** What servers say in bodies of which nothing is sure, in words that can be shown. */

const LONGEST_EXCERPT = 300

/** The server's own words, on one line and not too many of them. */
export function excerptOf(text: string): string {
  const line = text
    .slice(0, 4 * LONGEST_EXCERPT)
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}…` : line
}

const DEEPEST = 4

/** `500: slot 3 gave up`: code and message where they can be found, else all of it. */
export function wordsOf(error: unknown, depth = 0): string {
  if (typeof error === 'string') return excerptOf(error)
  if (!isObject(error)) return String(error)
  const { error: inner, message, msg, detail, code, status } = error as Record<string, unknown>
  if (inner && depth < DEEPEST) return wordsOf(inner, depth + 1)
  const words = [message, msg, detail].find((one) => typeof one === 'string' && one !== '')
  if (words === undefined) return excerptOf(jsonOf(error))
  const number = [code, status].find((one) => typeof one === 'string' || typeof one === 'number')
  return excerptOf(number === undefined ? String(words) : `${number}: ${String(words)}`)
}

/** JSON that could be read may still be nested too deeply to be written. */
function jsonOf(value: object): string {
  try {
    return JSON.stringify(value)
  } catch {
    return 'an object that can not be shown'
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** @returns undefined for what is no JSON */
export function parseQuietly(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Latin-1 bytes as the UTF-8 that they are. */
export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
