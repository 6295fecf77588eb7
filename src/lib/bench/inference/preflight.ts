import { EnvironmentError, UnreachableError, UsageError } from '../../platform/errors.js'
import type { Http } from '../../platform/http.js'
import type { RequestError } from '../request-error.js'
import { Connections } from './connections.js'
import type { Exchange, Timeouts } from './connection.js'
import type { Item } from './item.js'
import { RequestWriter, type Dialect, type WriterOptions } from './request-writer.js'

/** What was found out about the server before the first measured request; the same for all workers. */
export interface Facts {
  model: string
  /** Of vLLM; null when the server does not say. */
  version: string | null
  maxModelLen: number | null
  dialect: Dialect
  salt: string
}

export interface Server {
  http: Http
  url: string
  token: string | null
  /** As the user named it. */
  model: string | null
}

/** @throws UnreachableError, UsageError or EnvironmentError in words, when no benchmark is possible */
export async function modelOf({
  http,
  url,
  token,
  model,
}: Server): Promise<{ model: string; maxModelLen: number | null }> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  const answer = await http.call('GET', `${url}/v1/models`, { headers }).catch((error: Error) => {
    throw new UnreachableError(`The server at ${url} does not answer`, {
      evidence: error.message,
      hints: [`curl -i ${url}/v1/models`, 'aibench vllm check'],
    })
  })
  if (answer.status === 401 || answer.status === 403) throw wantsToken(url, answer.body)
  const models = parseModels(answer.body)
  if (!models || models.length === 0) {
    if (model !== null) return { model, maxModelLen: null }
    throw new EnvironmentError(`The server at ${url} does not name a model`, {
      evidence: `/v1/models says ${answer.status}: ${answer.body.slice(0, 200)}`,
      hints: ['aibench vllm bench --url URL --served-model-name NAME'],
    })
  }
  const found = model === null ? models[0] : models.find(({ id }) => id === model)
  if (!found)
    throw new UsageError(`The server has no model "${model}"`, {
      hints: [`models: ${models.map(({ id }) => id).join(' ')}`],
    })
  return { model: found.id, maxModelLen: found.max_model_len ?? null }
}

/** `0.32.0` of `/version`; null of a server that is not vLLM. */
export async function versionOf({ http, url, token }: Server): Promise<string | null> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  try {
    const { status, body } = await http.call('GET', `${url}/version`, { headers, timeoutMs: 5_000 })
    const { version } = JSON.parse(body) as { version?: unknown }
    return status === 200 && typeof version === 'string' ? version : null
  } catch {
    return null
  }
}

/** How long a single request is waited for: until a limit, or until somebody has had enough. */
export interface Patience {
  timeouts: Timeouts
  signal: AbortSignal
}

const VLLM: Dialect = { continuousUsage: true, ignoreEos: true, usage: true }
const PLAIN: Dialect = { continuousUsage: false, ignoreEos: false, usage: true }

/**
 * Sends one real request with all of vLLM's additions, and without them when the server refuses those: what it understands is seen, not
 * assumed. @throws the failure of the plain request, in words
 */
export async function dialectOf(
  options: Omit<WriterOptions, 'dialect'>,
  item: Item,
  patience: Patience,
): Promise<Dialect> {
  const short = { ...item, maxTokens: Math.min(item.maxTokens, 4), constraint: null }
  for (const dialect of [VLLM, PLAIN]) {
    const exchange = await once({ ...options, dialect }, short, patience)
    if (exchange.error === null)
      return {
        ...dialect,
        continuousUsage: dialect.continuousUsage && exchange.answer.hasContinuousUsage,
        usage: exchange.answer.completionTokens >= 0,
      }
    const isRefused = ['http_400', 'http_422'].includes(exchange.error.errorClass)
    if (dialect === PLAIN || !isRefused) throw refusal(options.url, exchange.error)
  }
  return PLAIN
}

/** @returns the text of one answer, or the error */
export async function ask(
  options: WriterOptions,
  item: Item,
  patience: Patience,
): Promise<{ text: string; error: RequestError | null; finishReason: string | null }> {
  const { answer, error } = await once(options, item, patience)
  return { text: answer.text, error, finishReason: answer.finishReason }
}

async function once(
  options: WriterOptions,
  item: Item,
  { timeouts, signal }: Patience,
): Promise<Exchange> {
  const connections = new Connections(options.url, timeouts)
  const request = new RequestWriter(options).encode(item, -1)
  const stop = () => connections.close()
  signal.addEventListener('abort', stop)
  const exchange = await new Promise<Exchange>((resolve) =>
    connections.send(request, true, resolve),
  )
  signal.removeEventListener('abort', stop)
  connections.close()
  return exchange
}

function parseModels(body: string): { id: string; max_model_len?: number | null }[] | undefined {
  try {
    const { data } = JSON.parse(body) as { data?: unknown }
    return Array.isArray(data) ? (data as { id: string }[]) : undefined
  } catch {
    return undefined
  }
}

function wantsToken(url: string, body: string): UsageError {
  return new UsageError(`The server at ${url} wants a token, and not this one or none`, {
    code: 'AIB_TOKEN',
    evidence: body.slice(0, 200),
    hints: ['aibench vllm bench --url URL --api-key-file FILE'],
  })
}

function refusal(url: URL, error: RequestError) {
  const details = { evidence: `${error.errorClass}: ${error.message}` }
  if (['http_401', 'http_403'].includes(error.errorClass))
    return wantsToken(url.origin, error.message)
  const { errorClass } = error
  if (
    (errorClass.startsWith('http_4') && errorClass !== 'http_429') ||
    errorClass === 'stream_error'
  )
    return new UsageError('The server refuses a request of this benchmark', {
      ...details,
      code: 'AIB_REQUEST_REFUSED',
      hints: ['aibench vllm bench --input-len 128 --output-len 64', 'aibench vllm models'],
    })
  return new UnreachableError(`The server at ${url.origin} did not answer a first request`, {
    ...details,
    hints: ['aibench vllm check', 'aibench vllm logs --stderr'],
  })
}
