import type { ChatMessage } from '../item.js'
import { isObject } from './records.js'

const ROLES = ['system', 'user', 'assistant'] as const

/** Undefined when it is no list of messages with a role and a text. */
export function messagesOf(value: unknown): ChatMessage[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return value.every(isMessage) ? value.map(({ role, content }) => ({ role, content })) : undefined
}

function isMessage(value: unknown): value is ChatMessage {
  return (
    isObject(value) &&
    ROLES.some((role) => role === value.role) &&
    typeof value.content === 'string'
  )
}
