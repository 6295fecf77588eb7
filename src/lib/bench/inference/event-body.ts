/** The JSON of an event, of which nothing is sure: servers, proxies and gateways write it in many ways. */
export interface Body {
  choices?: unknown
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null
}

export interface Choice {
  index?: unknown
  text?: unknown
  delta?: unknown
  finish_reason?: unknown
}

const LONGEST_EXCERPT = 300

/** The server's own words, on one line and not too many of them. */
export function excerptOf(text: string): string {
  const line = text
    .slice(0, 4 * LONGEST_EXCERPT)
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}…` : line
}

/**
 * Whether the body tells of an error, in whatever form: `{"error":…}`, `{"object":"error",…}`, `{"type":"error",…}`, `{"detail":…}`,
 * `{"errors":[…]}`, a flat `{"message":…,"code":…}`, or an error inside of a choice.
 * @returns what it says, or null
 */
export function errorIn(body: object): string | null {
  const { error, errors, object, type, detail, choices } = body as Record<string, unknown>
  if (error) return wordsOf(error)
  if (object === 'error' || type === 'error') return wordsOf(body)
  if (Array.isArray(choices)) {
    const bad = choices.find((choice) => isObject(choice) && (choice as { error?: unknown }).error)
    return bad === undefined ? null : wordsOf((bad as { error: unknown }).error)
  }
  if (choices !== undefined || 'usage' in body) return null
  if (detail) return wordsOf(body)
  if (Array.isArray(errors) && errors.length > 0) return wordsOf(errors[0])
  return isFlatError(body as Record<string, unknown>) ? wordsOf(body) : null
}

/** Without choices or usage, words with a code, a status or a kind of error are one. */
function isFlatError(body: Record<string, unknown>): boolean {
  const { message, msg, error_message: errorMessage, code, status, status_code, type } = body
  const hasWords = [message, msg, errorMessage].some((words) => typeof words === 'string')
  const hasCode = [code, status, status_code].some((one) => Number(one) >= 400)
  return hasCode || (hasWords && !/^(ping|info|heart-?beat|keep-?alive)$/i.test(String(type)))
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

/** What a choice says, in the answer itself, and whether it says something in another channel. */
export function contentOf(text: unknown, delta: object): { answer: string; hasOther: boolean } {
  const { content, ...other } = delta as Record<string, unknown>
  const parts = Array.isArray(content) ? content.filter(isObject) : []
  const answer =
    said(text) || said(content) || parts.map((part) => said((part as Part).text)).join('')
  return {
    answer,
    hasOther:
      CHANNELS.some((name) => said(other[name]) !== '') ||
      parts.some((part) => Boolean((part as Part).thinking)) ||
      (Array.isArray(other.tool_calls) && other.tool_calls.length > 0) ||
      isObject(other.function_call),
  }
}

/** Of content that is a list. */
interface Part {
  text?: unknown
  thinking?: unknown
}

const CHANNELS = ['reasoning_content', 'reasoning', 'thinking', 'refusal'] as const

function said(value: unknown): string {
  return typeof value === 'string' ? value : ''
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
