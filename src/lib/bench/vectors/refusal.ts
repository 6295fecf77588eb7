import {
  EnvironmentError,
  JobFailedError,
  UnreachableError,
  UsageError,
  type AibenchError,
} from '../../platform/errors.js'
import { excerptOf, isObject, parseQuietly, wordsOf } from '../server-words.js'
import type { NextSteps } from '../next-steps.js'
import { classOf } from '../request-error.js'

export interface Failure {
  errorClass: string
  message: string
}

export function failureOf(error: unknown): Failure {
  return { errorClass: classOf(error), message: (error as Error).message }
}

const NO_ANSWER = new Set([
  ...['refused', 'reset', 'closed', 'timeout', 'unreachable', 'unknown_host', 'connection'],
  ...['http_502', 'http_503', 'http_504'],
])
const ABOUT_BATCH = /quota|too (large|many)|batch|payload|limit/i

/**
 * A call without which no benchmark is possible, told by what is the matter.
 * @param doing `make a collection`: what it was to do
 */
export function refusalOf(
  { errorClass, message }: Failure,
  { url, doing, batch, next }: { url: string; doing: string; batch: number; next: NextSteps },
): AibenchError {
  const words = spoken(message)
  const details = { evidence: [errorClass, words].filter(Boolean).join(': '), hints: next.look() }
  if (errorClass === 'http_401' || errorClass === 'http_403')
    return new UsageError(`The server at ${url} wants a token, and not this one or none`, {
      ...{ ...details, code: 'AIB_TOKEN' },
      hints: [next.withToken()],
    })
  if (errorClass === 'http_413' || (/^http_4(?!04)/.test(errorClass) && ABOUT_BATCH.test(words)))
    return new UsageError(`The server takes less in one call than ${batch} vectors`, {
      ...{ ...details, code: 'AIB_BATCH' },
      hints: [next.bench('--batch', String(Math.max(1, Math.floor(batch / 4))))],
    })
  if (errorClass === 'http_429')
    return new EnvironmentError('The server limits how much may be asked of it', {
      ...{ ...details, code: 'AIB_QUOTA' },
    })
  if (errorClass === 'http_404' || errorClass === 'http_405' || errorClass === 'http_410')
    return new UsageError(`There is no Chroma of version 1 or later at ${url}`, {
      ...{ ...details, code: 'AIB_ENDPOINT' },
    })
  if (NO_ANSWER.has(errorClass))
    return new UnreachableError(`The server at ${url} does not answer: ${errorClass}`, details)
  return new JobFailedError(`The server at ${url} could not ${doing}: ${errorClass}`, {
    ...{ ...details, code: 'AIB_ODD_ANSWER' },
  })
}

function spoken(body: string): string {
  const parsed = parseQuietly(body)
  return isObject(parsed) ? wordsOf(parsed) : excerptOf(body)
}
