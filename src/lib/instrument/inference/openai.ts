import type { Protocol, WireRequest } from '../http/protocol.js'
import type { Timeouts } from '../http/connection.js'
import type { Constraint, Item } from './item.js'
import type { InferencePlan } from './plan.js'
import type { RequestWriter } from './request-writer.js'
import type { Expected } from './response-limits.js'
import { ResponseStream } from './response-stream.js'

/** A request of which an answer is streamed, and what is known of that answer before it comes. */
export interface CompletionRequest extends WireRequest, Expected {
  /** Tokens of the prompt where they are known without asking; null otherwise. */
  inputTokens: number | null
  /** What the answer must be, or would have to be; null where that is free anyway. */
  constraint: Constraint | null
  /** The server is not told of the constraint. */
  isFree: boolean
  /** The first of its repeat with this constraint. */
  isFirstUse: boolean
}

/** OpenAI's API, chat or completions: JSON goes out, server-sent events come in. */
export const OPENAI: Protocol<CompletionRequest, ResponseStream> = {
  newResponse: () => new ResponseStream(),
  firstTimeoutClass: 'ttft_timeout',
}

/** Makes a request ready before its time. @param isFree the same prompt without its constraint */
export function completionRequest(
  writer: RequestWriter,
  item: Item,
  index: number,
  isFree = false,
): CompletionRequest {
  return {
    bytes: writer.encode(item, index, !isFree),
    maxTokens: item.maxTokens,
    inputTokens: item.inputTokens,
    constraint: item.constraint,
    isFree,
    isFirstUse: false,
    keepsText: item.constraint !== null,
    finishReason: writer.options.features.finishReason,
  }
}

export function timeoutsOf({
  connectMs,
  ttftMs,
  idleMs,
  totalMs,
}: InferencePlan['timeouts']): Timeouts {
  return { connectMs, firstMs: ttftMs, idleMs, totalMs }
}
