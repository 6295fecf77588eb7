import type { Ask } from './ask.js'

export type Finish = 'stop' | 'length' | 'abort' | 'error'

/** What all events of one answer have in common. */
export interface Voice {
  ask: Ask
  id: string
  model: string
  version: string
  createdS: number
  lineEnd: '\n' | '\r\n'
}

/**
 * Writes one answer's events, in the shapes of vLLM 0.32 (streams of a real one are in test/fixtures/vllm). Text goes in as it is and
 * the fixed parts are made once.
 */
export class EventWriter {
  readonly #ask: Ask
  readonly #head: string
  readonly #fingerprint: string
  readonly #lineEnd: string
  readonly #reasoningField: string

  constructor({ ask, id, model, version, createdS, lineEnd }: Voice) {
    const object = ask.endpoint === 'chat' ? 'chat.completion.chunk' : 'text_completion'
    this.#ask = ask
    this.#head = `{"id":${JSON.stringify(id)},"object":"${object}","created":${createdS},"model":${JSON.stringify(model)},"choices":[`
    this.#fingerprint = fingerprintOf(version)
    this.#lineEnd = lineEnd
    const [major, minor] = version.split('.').map(Number)
    this.#reasoningField = major > 0 || minor >= 12 ? 'reasoning' : 'reasoning_content'
  }

  /** Chat only: brings no token. */
  role(tokensSoFar: number): string {
    const choice = `{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}`
    return this.#event(
      `${choice}]${this.#usage(tokensSoFar)},"prompt_token_ids":null,"prompt_text":null`,
    )
  }

  /** @param tokensSoFar with those of this event */
  token(text: string, tokensSoFar: number, finish: Finish | null, isReasoning = false): string {
    const reason = finish ? `"${finish}"` : 'null'
    const quoted = JSON.stringify(text)
    const field = isReasoning ? this.#reasoningField : 'content'
    const choice =
      this.#ask.endpoint === 'chat'
        ? `{"index":0,"delta":{"${field}":${quoted}},"logprobs":null,"finish_reason":${reason},${finish ? '"stop_reason":null,' : ''}"token_ids":null}`
        : `{"index":0,"text":${quoted},"logprobs":null,"finish_reason":${reason},"stop_reason":null,"prompt_token_ids":null,"token_ids":null}`
    const last = finish && this.#ask.usage === 'none' ? this.#fingerprint : ''
    return this.#event(`${choice}]${this.#usage(tokensSoFar)}${last}`)
  }

  /** The event after the last token, without a choice. */
  usage(tokens: number): string {
    return this.#event(`],"usage":{${countsOf(this.#ask, tokens)}}${this.#fingerprint}`)
  }

  done(): string {
    return this.#framed('[DONE]')
  }

  /** As Python writes it. */
  error(message: string, type: string, code: number): string {
    return this.#framed(
      `{"error": {"message": ${JSON.stringify(message)}, "type": "${type}", "param": null, "code": ${code}}}`,
    )
  }

  /** In forms of other servers, proxies and gateways. */
  oddError(kind: 'named_error' | 'error_field' | 'flat_error', message: string): string {
    const words = JSON.stringify(message)
    const end = this.#lineEnd
    switch (kind) {
      case 'named_error':
        return `event: error${end}: ${message}${end}${end}`
      case 'error_field':
        return `error: {"code":500,"message":${words},"type":"server_error"}${end}${end}`
      case 'flat_error':
        return this.#framed(`{"object":"error","message":${words},"type":"Internal","code":500}`)
    }
  }

  /** A body that is no stream. */
  bareError(message: string): string {
    return `{"error":{"message":${JSON.stringify(message)},"type":"server_error","code":500}}`
  }

  /** No text, the finish_reason and the total in one event, as many servers write it. */
  finishWithUsage(tokens: number, finish: Finish): string {
    const empty = this.#ask.endpoint === 'chat' ? '"delta":{}' : '"text":""'
    return this.#event(
      `{"index":0,${empty},"finish_reason":"${finish}"}],"usage":{${countsOf(this.#ask, tokens)}}`,
    )
  }

  /** All that is passed over. */
  nothing(): string {
    const data = ['', 'null', '{}', '{"choices":null,"usage":null}']
    return (
      data.map((text) => this.#framed(text)).join('') + `: ping${this.#lineEnd}${this.#lineEnd}`
    )
  }

  /** The beginning of an event that never got its end. */
  broken(): string {
    return this.#framed(`${this.#head}{"index":0,"te`)
  }

  #usage(tokens: number): string {
    if (this.#ask.usage !== 'each') return ''
    const details = this.#ask.endpoint === 'chat' ? ',"completion_tokens_details":null' : ''
    return `,"usage":{${countsOf(this.#ask, tokens)}${details}}`
  }

  #event(rest: string): string {
    return this.#framed(`${this.#head}${rest}}`)
  }

  #framed(data: string): string {
    return `data: ${data}${this.#lineEnd}${this.#lineEnd}`
  }
}

/** An answer in one piece. */
export function wholeAnswer(
  { ask, id, model, version, createdS }: Voice,
  { text, reasoning, tokens, finish }: WholeText,
): string {
  const nothing = (names: string) =>
    Object.fromEntries(names.split(' ').map((name) => [name, null]))
  const choice =
    ask.endpoint === 'chat'
      ? {
          index: 0,
          message: {
            role: 'assistant',
            content: text,
            ...nothing('refusal annotations audio function_call'),
            reasoning,
          },
          logprobs: null,
          finish_reason: finish,
          ...nothing('stop_reason token_ids routed_experts'),
        }
      : {
          index: 0,
          text,
          logprobs: null,
          finish_reason: finish,
          ...nothing('stop_reason token_ids prompt_logprobs prompt_token_ids routed_experts'),
        }
  return JSON.stringify({
    id,
    object: ask.endpoint === 'chat' ? 'chat.completion' : 'text_completion',
    created: createdS,
    model,
    choices: [choice],
    service_tier: null,
    system_fingerprint: `vllm-${version}-simulated`,
    usage: {
      prompt_tokens: ask.prompt.length,
      total_tokens: ask.prompt.length + tokens,
      completion_tokens: tokens,
      ...nothing('prompt_tokens_details completion_tokens_details'),
    },
    ...(ask.endpoint === 'chat' ? nothing('prompt_logprobs prompt_token_ids prompt_text') : {}),
    ...nothing('kv_transfer_params ec_transfer_params metrics'),
  })
}

export interface WholeText {
  text: string
  reasoning: string | null
  tokens: number
  finish: Finish
}

function countsOf({ prompt: { length } }: Ask, tokens: number): string {
  return `"prompt_tokens":${length},"total_tokens":${length + tokens},"completion_tokens":${tokens}`
}

function fingerprintOf(version: string): string {
  return `,"system_fingerprint":"vllm-${version}-simulated"`
}
