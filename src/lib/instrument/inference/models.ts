import {
  EnvironmentError,
  JobFailedError,
  UnreachableError,
  UsageError,
} from '../../platform/errors.js'
import type { Http } from '../../platform/http.js'
import { excerptOf, isObject, parseQuietly, wordsOf } from '../http/server-words.js'
import { quote } from '../../platform/command-line.js'
import type { NextSteps } from '../next-steps.js'

export interface Server {
  http: Http
  url: string
  token: string | null
  /** As the user named it. */
  model: string | null
  next: NextSteps
}

/** A model that the server lists. */
interface Listed {
  id: string
  maxModelLen: number | null
}

/** What the server serves, and what of it is to be measured. */
export interface Served {
  model: string
  maxModelLen: number | null
  /** Names on the server's list; none when it has no list that can be read. */
  listed: readonly string[]
}

const LONGEST_NAME = 500
const MOST_SHOWN = 10

/**
 * The model that the user named is taken as it is: lists hold routes, aliases or nothing, and the first request will tell. Without a name
 * the first of the list is taken, but for routes such as `openai/*`, which are no names.
 * @throws UnreachableError, UsageError or EnvironmentError in words, when no benchmark is possible
 */
export async function modelOf({ http, url, token, model, next }: Server): Promise<Served> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  const answer = await http
    .call('GET', `${url}/v1/models`, { headers })
    .catch((error: NodeJS.ErrnoException) => {
      // Somebody is there; what it says is another matter.
      const isSilent = SILENT.has(error.code ?? '')
      if (model !== null && !isSilent) return null
      const details = { evidence: error.message, hints: next.look() }
      throw isSilent
        ? new UnreachableError(`The server at ${url} does not answer`, details)
        : new JobFailedError(`The server at ${url} gave no list of models that can be read`, {
            ...details,
            code: 'AIB_ODD_ANSWER',
            hints: ['--served-model-name NAME', ...next.look()],
          })
    })
  const models = answer ? modelsIn(answer.body) : []
  const listed = models.map(({ id }) => id)
  if (model !== null) {
    const found = models.find(({ id }) => id === model)
    return { model, maxModelLen: found?.maxModelLen ?? null, listed }
  }
  if (answer?.status === 401) throw wantsToken(url, answer.body, next)
  if (answer?.status === 403)
    throw wantsToken(url, answer.body, next, '--served-model-name NAME   # needs no list of models')
  const first = models.find(({ id }) => !id.includes('*'))
  if (first) return { model: first.id, maxModelLen: first.maxModelLen, listed }
  const hints = ['--served-model-name NAME']
  if (models.length > 0)
    throw new UsageError(`The server at ${url} lists routes and not models: name the model`, {
      code: 'AIB_MODEL_NEEDED',
      hints: [...hints, listOf(listed)],
    })
  throw new EnvironmentError(`The server at ${url} does not name a model`, {
    code: 'AIB_MODEL_NEEDED',
    evidence: `/v1/models says ${answer?.status}: ${excerptOf(answer?.body ?? '')}`,
    hints,
  })
}

const SILENT = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'],
  ...['ETIMEDOUT', 'EPIPE', 'EADDRNOTAVAIL'],
])

/** `models: a b c`, and no more of them than can be read. */
export function listOf(names: readonly string[]): string {
  const more = names.length > MOST_SHOWN ? ` … and ${names.length - MOST_SHOWN} more` : ''
  return `models: ${names.slice(0, MOST_SHOWN).map(quote).join(' ')}${more}`
}

/** Whatever the body is: entries that are no model with a name are passed over. */
export function modelsIn(body: string): Listed[] {
  const parsed = parseQuietly(body)
  const data: unknown = isObject(parsed) ? (parsed as { data?: unknown }).data : undefined
  if (!Array.isArray(data)) return []
  return data.filter(isObject).flatMap((one) => {
    const { id, max_model_len: length } = one as { id?: unknown; max_model_len?: unknown }
    if (typeof id !== 'string' || id === '' || id.length > LONGEST_NAME) return []
    return { id, maxModelLen: Number.isSafeInteger(length) ? (length as number) : null }
  })
}

/** `0.32.0` of `/version`; null of a server that is not vLLM. */
export async function versionOf({ http, url, token }: Server): Promise<string | null> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  try {
    const { status, body } = await http.call('GET', `${url}/version`, { headers, timeoutMs: 5_000 })
    const parsed = parseQuietly(body)
    const version = isObject(parsed) ? (parsed as { version?: unknown }).version : undefined
    return status === 200 && typeof version === 'string' ? excerptOf(version).slice(0, 80) : null
  } catch {
    return null
  }
}

export function wantsToken(
  url: string,
  body: string,
  next: NextSteps,
  ...others: string[]
): UsageError {
  const parsed = parseQuietly(body)
  return new UsageError(`The server at ${url} rejected the token (missing or wrong)`, {
    code: 'AIB_TOKEN',
    evidence: isObject(parsed) ? wordsOf(parsed) : excerptOf(body),
    hints: [next.withToken(), ...next.withHeader(), ...others],
  })
}
