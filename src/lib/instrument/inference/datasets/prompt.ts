import type { InferencePlan } from '../plan.js'
import type { ChatMessage, Prompt } from '../item.js'

type Endpoint = InferencePlan['endpoint']

/** One question, as the endpoint takes it. */
export function promptOfText(text: string, endpoint: Endpoint): Prompt {
  return endpoint === 'chat'
    ? { kind: 'messages', messages: [{ role: 'user', content: text }] }
    : { kind: 'text', text }
}

/** A conversation, as the endpoint takes it: completions has no roles, so they are written out, and the assistant's turn is begun. */
export function promptOfMessages(
  messages: readonly ChatMessage[],
  endpoint: Endpoint,
  salt: string,
): Prompt {
  const [first, ...rest] = messages
  const salted = [{ ...first, content: salt + first.content }, ...rest]
  if (endpoint === 'chat') return { kind: 'messages', messages: salted }
  if (rest.length === 0) return { kind: 'text', text: salted[0].content }
  const lines = salted.map(({ role, content }) => `${NAMES[role]}: ${content}`)
  return { kind: 'text', text: [...lines, `${NAMES.assistant}:`].join('\n') }
}

const NAMES = { system: 'System', user: 'User', assistant: 'Assistant' } as const
