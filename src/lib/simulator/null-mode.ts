import { framed, type Exchange } from './connection.js'
import { EventWriter } from './events.js'
import type { Endpoint } from './ask.js'
import type { SimulatorOptions } from './options.js'

const DEFAULT_TOKENS = 16
const TEXT = ' token'

/**
 * Answers streams with prepared bytes: what a client reaches against it is the client's own ceiling. The request is not parsed: quotes in
 * a prompt are escaped, so that these can only be fields.
 */
export class NullMode {
  readonly #bodies = new Map<string, Buffer>()

  constructor(readonly options: SimulatorOptions) {}

  /** @returns false when it is no stream */
  answer(exchange: Exchange, endpoint: Endpoint): boolean {
    const { body } = exchange.request
    if (!/"stream":\s*true/.test(body)) return false
    const tokens = Number(/"max_(?:completion_)?tokens":\s*(\d+)/.exec(body)?.[1] ?? DEFAULT_TOKENS)
    const hasUsage = /"include_usage":\s*true/.test(body)
    const isEach = hasUsage && /"continuous_usage_stats":\s*true/.test(body)
    const usage = isEach ? 'each' : hasUsage ? 'last' : 'none'
    exchange.startStream()
    exchange.write(this.#bodyOf(endpoint, tokens, usage))
    exchange.finish(false)
    return true
  }

  #bodyOf(endpoint: Endpoint, tokens: number, usage: 'none' | 'last' | 'each'): Buffer {
    const key = `${endpoint} ${tokens} ${usage}`
    const known = this.#bodies.get(key)
    if (known) return known
    const { model, version, lineEnd } = this.options
    const ask = {
      ...{ endpoint, usage, name: null, stream: true, prompt: [0], maxTokens: tokens },
      ...{ mayStop: false, constraint: null, hint: null, freeId: null },
    }
    const id = endpoint === 'chat' ? 'chatcmpl-0' : 'cmpl-0'
    const writer = new EventWriter({ ask, id, model, version, createdS: 0, lineEnd })
    const events = Array.from({ length: tokens }, (_, i) =>
      writer.token(TEXT, i + 1, i + 1 === tokens ? 'length' : null),
    )
    const chunks = [
      ...(endpoint === 'chat' ? [writer.role(0)] : []),
      ...events,
      ...(usage === 'none' ? [] : [writer.usage(tokens)]),
      writer.done(),
    ]
    const body = Buffer.from(framed(chunks, true))
    this.#bodies.set(key, body)
    return body
  }
}
