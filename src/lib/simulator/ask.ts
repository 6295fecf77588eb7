import { constraintOf, type Constraint } from './constraint.js'
import type { SimulatorOptions } from './options.js'

export type Endpoint = 'chat' | 'completions'
/** As ids, or a word each. */
export type PromptTokens = readonly (number | string)[]

/** What a request to generate asks for, after the server's own limits. */
export interface Ask {
  endpoint: Endpoint
  /** Answers to it are called so. */
  name: string | null
  stream: boolean
  /** Whether a last event brings usage, and whether every event does. */
  usage: 'none' | 'last' | 'each'
  prompt: PromptTokens
  /** Cut to what the context has left, without a word, as vLLM does. */
  maxTokens: number
  /** False with `ignore_eos`. */
  mayStop: boolean
  constraint: Constraint | null
  /** The caller's own right answer, for constraints that need one. */
  hint: string | null
  /** By which the caller finds the request in the truth. */
  freeId: string | null
}

/** The request is refused before the engine sees it. */
export class AskRefused extends Error {
  constructor(
    message: string,
    readonly param: string | null = null,
    readonly status = 400,
    readonly type = 'BadRequestError',
  ) {
    super(message)
  }
}

/** As vLLM says that something is wrong. */
export function errorBody(
  code: number,
  type: string,
  message: string,
  param: string | null = null,
) {
  return { error: { message, type, param, code } }
}

type Body = Record<string, unknown>

/** Completions without `max_tokens` are this short. */
const COMPLETION_TOKENS = 16

/** @throws AskRefused */
export function readAsk(
  endpoint: Endpoint,
  text: string,
  requestId: string | undefined,
  options: SimulatorOptions,
): Ask {
  const body = readBody(text)
  checkModel(body, options)
  const prompt = promptOf(endpoint, body)
  const stream = body.stream === true
  if (!stream && body.stream_options != null)
    throw refusal('Stream options can only be defined when `stream=True`.', 'stream_options')
  if (Number(body.n ?? 1) > 1) throw refusal('The simulator makes one answer a request.', 'n')
  return {
    endpoint,
    name: requestId ?? null,
    stream,
    usage: usageOf((body.stream_options ?? {}) as Body),
    prompt,
    maxTokens: maxTokensOf(endpoint, body, prompt.length, options.maxModelLen),
    mayStop: body.ignore_eos !== true,
    constraint: constraintOf(body, options.version, endpoint),
    hint: typeof body.simulated_answer === 'string' ? body.simulated_answer : null,
    freeId: requestId ?? freeIdOf(body),
  }
}

export function readBody(text: string): Body {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new AskRefused(
      "1 validation error:\n  {'type': 'json_invalid'}",
      'body',
      400,
      'Bad Request',
    )
  }
  if (typeof body !== 'object' || body === null) throw missing('body')
  return body as Body
}

export function promptOf(endpoint: Endpoint, body: Body): PromptTokens {
  if (endpoint === 'completions') return completionPrompt(body.prompt)
  if (!Array.isArray(body.messages)) throw missing('body.messages')
  const turns = (body.messages as Body[]).flatMap(({ role, content }) => [
    `<${String(role)}>`,
    ...wordsOf(textOf(content)),
  ])
  return [...turns, '<assistant>']
}

function completionPrompt(prompt: unknown): PromptTokens {
  if (typeof prompt === 'string') return wordsOf(prompt)
  if (!Array.isArray(prompt) || prompt.length === 0) throw missing('body.prompt')
  if (typeof prompt[0] === 'number') return prompt as number[]
  if (prompt.length === 1) return completionPrompt(prompt[0])
  throw refusal('The simulator takes one prompt a request.', 'prompt')
}

/** About a token a word, and never none. */
function wordsOf(text: string): string[] {
  return text.match(/\S+/g) ?? ['']
}

/** A message's content is text or parts of it. */
function textOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content ?? '')
  return (content as Body[]).map(({ text }) => String(text ?? '')).join(' ')
}

function usageOf({ include_usage, continuous_usage_stats }: Body): Ask['usage'] {
  if (include_usage !== true) return 'none'
  return continuous_usage_stats === true ? 'each' : 'last'
}

function maxTokensOf(
  endpoint: Endpoint,
  body: Body,
  promptTokens: number,
  maxModelLen: number,
): number {
  const left = maxModelLen - promptTokens
  if (left < 1)
    throw refusal(
      `This model's maximum context length is ${maxModelLen} tokens. However, your prompt contains ${promptTokens} input tokens.`,
      'input_tokens',
      promptTokens,
    )
  const asked = body.max_completion_tokens ?? body.max_tokens
  if (asked == null) return endpoint === 'chat' ? left : Math.min(left, COMPLETION_TOKENS)
  if (Number(asked) < 1)
    throw refusal(`max_tokens must be at least 1, got ${Number(asked)}.`, 'max_tokens', asked)
  return Math.min(left, Number(asked))
}

function checkModel(body: Body, { model }: SimulatorOptions): void {
  if (body.model == null || body.model === '' || body.model === model) return
  throw new AskRefused(
    `The model \`${String(body.model)}\` does not exist. Valid aliases: ${model}.`,
    'model',
    404,
    'NotFoundError',
  )
}

function freeIdOf({ user, metadata }: Body): string | null {
  if (typeof user === 'string') return user
  const id = (metadata as Body | null | undefined)?.id
  return id === undefined ? null : String(id)
}

function refusal(message: string, param: string, value?: unknown): AskRefused {
  const found = value === undefined ? '' : `, value=${String(value)}`
  return new AskRefused(`${message} (parameter=${param}${found})`, param)
}

function missing(where: string): AskRefused {
  const message = `1 validation error:\n  {'type': 'missing', 'loc': '${where}', 'msg': 'Field required'}`
  return new AskRefused(message, where, 400, 'Bad Request')
}
