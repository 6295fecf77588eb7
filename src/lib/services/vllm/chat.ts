import type { Context } from '../../jobs/contract.js'
import type { ChatReport, ChatRequest } from './reports.js'
import { ask } from './ask.js'

/** One streamed answer, with its own times. @throws UnreachableError with what had come as `data` when it was cut off */
export function chat(context: Context, request: ChatRequest): Promise<ChatReport> {
  const { name, prompt, system = null, maxTokens, write } = request
  return ask<'chat'>(context, name, { kind: 'chat', prompt, system, maxTokens }, write)
}
