import type { Trust } from '../../platform/trust.js'
import { requestBytes, requestHead } from '../http/request-head.js'
import type { Constraint, Item } from './item.js'

/** What the server was found to understand, beyond the API that all share. */
export interface ApiFeatures {
  /** `stream_options.continuous_usage_stats`: the count of tokens with every event. vLLM's. */
  continuousUsage: boolean
  /** `ignore_eos`: answers of a fixed length. vLLM's. */
  ignoreEos: boolean
  /** `stream_options`, which older servers and some gateways refuse. */
  streamOptions: boolean
  /** Whether the last event brings usage at all. */
  usage: boolean
  /** Whether an answer says how it ended. */
  finishReason: boolean
}

/** With all that vLLM understands. */
export const ALL_FEATURES: Readonly<ApiFeatures> = {
  continuousUsage: true,
  ignoreEos: true,
  streamOptions: true,
  usage: true,
  finishReason: true,
}

export interface WriterOptions {
  url: URL
  /** Of the user's own: a token, a key, whatever the server asks for. */
  headers: Readonly<Record<string, string>>
  /** Of an `https:` URL. */
  trust: Trust | null
  endpoint: 'chat' | 'completions'
  model: string
  temperature: number | null
  /** Fields of the user's own; none of those that are set here. */
  extraBody?: Readonly<Record<string, unknown>> | null
  features: ApiFeatures
  /** Of `x-request-id`: with the request's number it names it in the server's log. */
  runId: string
  constraintFields(constraint: Constraint): Record<string, unknown>
}

const PATH = { chat: '/v1/chat/completions', completions: '/v1/completions' } as const

/** Makes whole requests as they go over the wire, before their time comes. */
export class RequestWriter {
  readonly #head: string

  constructor(readonly options: WriterOptions) {
    const { url, headers, endpoint } = options
    const accept = 'text/event-stream'
    this.#head = requestHead({ method: 'POST', url, path: PATH[endpoint], accept, headers })
  }

  /** @param withConstraint false for the baseline of a paired run: the same prompt, free */
  encode(item: Item, index: number, withConstraint = true): Buffer {
    const head = `${this.#head}\r\nx-request-id: ${this.options.runId}-${index}`
    return requestBytes(head, JSON.stringify(this.#body(item, withConstraint)))
  }

  #body(item: Item, withConstraint: boolean): Record<string, unknown> {
    const { endpoint, model, temperature, features, constraintFields } = this.options
    const isConstrained = withConstraint && item.constraint !== null
    return {
      ...this.options.extraBody,
      model,
      ...(endpoint === 'chat' ? { messages: messagesOf(item) } : { prompt: promptOf(item) }),
      max_tokens: item.maxTokens,
      ...(temperature === null ? {} : { temperature }),
      stream: true,
      ...(features.streamOptions ? { stream_options: streamOptionsOf(features) } : {}),
      // With a constraint, tokens after its end would be noise in the answer.
      ...(item.ignoreEos && features.ignoreEos && !isConstrained ? { ignore_eos: true } : {}),
      ...(isConstrained ? constraintFields(item.constraint!) : {}),
    }
  }
}

function streamOptionsOf({ continuousUsage }: ApiFeatures): Record<string, unknown> {
  return { include_usage: true, ...(continuousUsage ? { continuous_usage_stats: true } : {}) }
}

function messagesOf({ prompt }: Item): readonly { role: string; content: string }[] {
  if (prompt.kind === 'messages') return prompt.messages
  if (prompt.kind === 'text') return [{ role: 'user', content: prompt.text }]
  throw new Error('token ids can be sent to the completions endpoint only')
}

function promptOf({ prompt }: Item): string | readonly number[] {
  switch (prompt.kind) {
    case 'tokens':
      return prompt.ids
    case 'text':
      return prompt.text
    case 'messages':
      return prompt.messages.map(({ role, content }) => `${role}: ${content}`).join('\n\n')
  }
}
