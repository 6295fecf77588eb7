import { isObject, wordsOf } from '../http/server-words.js'

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
