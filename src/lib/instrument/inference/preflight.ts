import { RequestError } from '../http/request-error.js'
import type { Exchange, Timeouts } from '../http/connection.js'
import { ConnectionPool } from '../http/connection-pool.js'
import type { Item } from './item.js'
import { completionRequest, OPENAI } from './openai.js'
import { refusalOf, type Asked } from './refusal.js'
import {
  ALL_FEATURES,
  RequestWriter,
  type ApiFeatures,
  type WriterOptions,
} from './request-writer.js'
import type { ResponseStream } from './response-stream.js'

/** What was found out about the server before the first measured request; the same for all workers. */
export interface ServerInfo {
  model: string
  /** Of vLLM; null when the server does not say. */
  version: string | null
  maxModelLen: number | null
  features: ApiFeatures
  /** Why no first request was answered whole, although each was answered: what is measured will be failures. */
  trouble: string | null
  salt: string
}

/** How long a single request is waited for: until a limit, or until somebody has had enough. */
export interface RequestLimits {
  timeouts: Timeouts
  signal: AbortSignal
}

/** From all that vLLM understands to what everybody does. */
const FEATURE_SETS: readonly ApiFeatures[] = [
  ALL_FEATURES,
  { ...ALL_FEATURES, continuousUsage: false, ignoreEos: false },
  { ...ALL_FEATURES, continuousUsage: false, ignoreEos: false, streamOptions: false },
]
/** A server that fails now and then is measured: its failures are what the result is about. */
const TRIES = 3

/**
 * Sends one real request with all of vLLM's additions, and without them when the server refuses those: what it understands is seen, not
 * assumed. An answer that is not whole is asked for again; a server whose answers begin and never end well is measured all the same, since
 * that is what there is to say of it. @throws the failure of the plain request, in words
 */
export async function apiFeaturesOf(
  options: Omit<WriterOptions, 'features'>,
  item: Item,
  limits: RequestLimits,
  asked: Pick<Asked, 'listed' | 'next'>,
): Promise<Pick<ServerInfo, 'features' | 'trouble'>> {
  const short = { ...item, maxTokens: Math.min(item.maxTokens, 4), constraint: null }
  let failure = new RequestError('aborted', 'the run was stopped')
  for (const features of FEATURE_SETS) {
    const { error, seen, hasBegun } = await askedFor({ ...options, features }, short, limits)
    if (error === null) return { features: seen, trouble: null }
    if (hasBegun) return { features: seen, trouble: `${error.errorClass}: ${error.message}` }
    failure = error
    if (!['http_400', 'http_422'].includes(error.errorClass)) break
  }
  const { url, endpoint, model } = options
  const { inputTokens, maxTokens } = item
  throw refusalOf(failure, { ...asked, url, endpoint, model, inputTokens, maxTokens })
}

/** @returns what was seen of a whole answer, or why there was none in all tries */
async function askedFor(
  options: WriterOptions,
  item: Item,
  limits: RequestLimits,
): Promise<{ error: RequestError | null; seen: ApiFeatures; hasBegun: boolean }> {
  const { features } = options
  let error: RequestError | null = null
  let hasBegun = false
  for (let n = 0; n < TRIES && !limits.signal.aborted; n++) {
    const exchange = await once(options, item, limits)
    const { response } = exchange
    error = exchange.error
    const lacksFinish = error?.errorClass === 'truncated_stream' && response.isDone
    if (error === null || (lacksFinish && isAllThatWasAsked(exchange, item)))
      return {
        error: null,
        hasBegun: true,
        seen: {
          ...features,
          continuousUsage: features.continuousUsage && response.hasContinuousUsage,
          usage: response.completionTokens >= 0,
          finishReason: !lacksFinish,
        },
      }
    if (!isOdd(error!)) break
    hasBegun = response.events > 0
  }
  return { error, seen: features, hasBegun }
}

/** [DONE] behind as many tokens as were asked for: whole, although the server does not say why it ended. */
function isAllThatWasAsked({ response }: Exchange<ResponseStream>, { maxTokens }: Item): boolean {
  return Math.max(response.completionTokens, response.events) >= maxTokens
}

/** An answer that came, and was not whole; other than a refusal it may well be whole next time. */
function isOdd({ errorClass }: RequestError): boolean {
  return errorClass !== 'aborted' && !/_timeout$|^http_4/.test(errorClass)
}

/** @returns the text of one answer, or the error */
export async function ask(
  options: WriterOptions,
  item: Item,
  limits: RequestLimits,
): Promise<{ text: string; error: RequestError | null; finishReason: string | null }> {
  const { response, error } = await once(options, item, limits)
  return { text: response.text, error, finishReason: response.finishReason }
}

async function once(
  options: WriterOptions,
  item: Item,
  { timeouts, signal }: RequestLimits,
): Promise<Exchange<ResponseStream>> {
  const { url, trust } = options
  const connections = new ConnectionPool({ url, protocol: OPENAI, timeouts, trust })
  const request = completionRequest(new RequestWriter(options), item, -1)
  const stop = () => connections.close()
  signal.addEventListener('abort', stop)
  const exchange = await connections.exchange({ ...request, keepsText: true })
  signal.removeEventListener('abort', stop)
  connections.close()
  return exchange
}
