import {
  EnvironmentError,
  JobFailedError,
  UnreachableError,
  UsageError,
  type AibenchError,
  type ErrorDetails,
} from '../../platform/errors.js'
import type { RequestError } from '../http/request-error.js'
import { isObject, parseQuietly, wordsOf } from '../http/server-words.js'
import { listOf, wantsToken } from './models.js'
import type { NextSteps } from '../next-steps.js'

/** What the first request asked for, as far as a refusal may be about it. */
export interface Asked {
  url: URL
  endpoint: 'chat' | 'completions'
  model: string
  /** Names on the server's list of models. */
  listed: readonly string[]
  inputTokens: number | null
  maxTokens: number
  next: NextSteps
}

const ABOUT_LENGTH =
  /context (length|window|size)|maximum (context|model|input|sequence)|max_model_len|too (long|many tokens|large)|longer than|exceeds? .*(length|limit|tokens)|input_tokens/i
const ABOUT_FIELD =
  /unrecognized|unknown (field|parameter|argument)|unexpected|unsupported|not (permitted|allowed|supported)|extra (inputs|fields)|invalid (field|parameter)/i
const ABOUT_MODEL =
  /model[^.]{0,200}(not (found|exist)|does ?n[o’']t exist|no such|unknown|invalid)|model_not_found|(no|unknown|invalid) (such )?model/i

/** A first request that failed, told by what is the matter: each kind has its own way on. */
export function refusalOf(error: RequestError, asked: Asked): AibenchError {
  const { errorClass } = error
  const words = spoken(error.message)
  const details = { evidence: [errorClass, words].filter(Boolean).join(': ') }
  const status = Number(/^http_(\d+)$/.exec(errorClass)?.[1] ?? 0)
  if (status === 401 || status === 403)
    return wantsToken(asked.url.origin, error.message, asked.next)
  if (status >= 400 && status < 500) return refused(status, words, asked, details)
  if ([502, 503, 504].includes(status)) return notReady(asked, details)
  return NO_ANSWER.has(errorClass) || errorClass.endsWith('_timeout')
    ? noAnswer(asked, details)
    : oddAnswer(asked, details)
}

/** Its way on is to say something else: what, depends on what the server says. */
function refused(status: number, words: string, asked: Asked, details: ErrorDetails): AibenchError {
  const { next, model, listed, endpoint } = asked
  const code = 'AIB_REQUEST_REFUSED'
  if (ABOUT_MODEL.test(words))
    return new UsageError(`The server has no model "${model}"`, {
      ...details,
      code: 'AIB_MODEL',
      hints: [
        `--served-model-name ${listed[0] ?? 'NAME'}`,
        ...(listed.length > 0 ? [listOf(listed)] : []),
      ],
    })
  if (status === 404 || status === 405) {
    const other = endpoint === 'chat' ? 'completions' : 'chat'
    return new UsageError(`The server has no ${endpoint} endpoint`, {
      ...details,
      code: 'AIB_ENDPOINT',
      hints: [`--endpoint ${other}`, `it was asked at ${pathOf(asked)}`],
    })
  }
  if (status === 429)
    return new EnvironmentError('The server limits how much may be asked of it', {
      ...details,
      code: 'AIB_QUOTA',
      hints: [next.bench('--rate', '1'), next.bench('--concurrency', '1')],
    })
  if (status === 413 || ABOUT_LENGTH.test(words))
    return new UsageError('A prompt and its answer are longer than what the server takes', {
      ...details,
      code: 'AIB_LENGTH',
      hints: [next.bench('--input-len', '128', '--output-len', '64'), asksFor(asked)],
    })
  if (ABOUT_FIELD.test(words))
    return new UsageError('The server does not know a field of the request', {
      ...details,
      code,
      hints: fieldHints(words, asked),
    })
  return new UsageError('The server refuses a request of this benchmark', {
    ...details,
    code,
    hints: [...next.look(), asksFor(asked)],
  })
}

function fieldHints(words: string, { next, endpoint }: Asked): string[] {
  if (/structured_outputs|guided_|response_format|grammar|schema/i.test(words))
    return [next.bench('--dataset', 'random')]
  if (/max_tokens/.test(words)) return ['the server wants another name for max_tokens']
  return [`--endpoint ${endpoint === 'chat' ? 'completions' : 'chat'}`]
}

function notReady({ url, next }: Asked, details: ErrorDetails): UnreachableError {
  return new UnreachableError(`The server at ${url.origin} is not ready for requests`, {
    ...details,
    hints: next.look(),
  })
}

function noAnswer({ url, next }: Asked, details: ErrorDetails): UnreachableError {
  return new UnreachableError(`The server at ${url.origin} did not answer a first request`, {
    ...details,
    hints: next.look(),
  })
}

/** It did answer, but that is nothing that could be measured. */
function oddAnswer(asked: Asked, details: ErrorDetails): JobFailedError {
  const { url, next } = asked
  return new JobFailedError(`The server at ${url.origin} gave no whole answer to a first request`, {
    ...details,
    code: 'AIB_ODD_ANSWER',
    hints: next.look(),
  })
}

const NO_ANSWER = new Set([
  ...['refused', 'reset', 'closed', 'unreachable', 'unknown_host', 'socket_error', 'aborted'],
  ...['client_out_of_files', 'client_out_of_ports'],
])

/** What a refusal's body says, without its JSON. */
function spoken(body: string): string {
  const parsed = parseQuietly(body)
  return isObject(parsed) ? wordsOf(parsed) : body
}

function pathOf({ url, endpoint }: Asked): string {
  const path = endpoint === 'chat' ? '/v1/chat/completions' : '/v1/completions'
  return `${url.origin}${url.pathname.replace(/\/$/, '')}${path}`
}

function asksFor({ inputTokens, maxTokens }: Asked): string {
  const prompt = inputTokens === null ? 'a prompt' : `a prompt of ${inputTokens} tokens`
  return `asked for: ${prompt}, an answer of ${maxTokens}`
}
