import {
  EnvironmentError,
  JobFailedError,
  UnreachableError,
  UsageError,
  type AibenchError,
} from '../../platform/errors.js'
import type { Http } from '../../platform/http.js'
import { formatCount } from '../../platform/units.js'
import type { NextSteps } from '../next-steps.js'
import { classOf } from '../http/request-error.js'
import { excerptOf, isObject, parseQuietly, wordsOf } from '../http/server-words.js'

/** A server that says no to a call without which no benchmark is possible, told by what is the matter and with what helps. */

export interface Failure {
  errorClass: string
  message: string
}

export function failureOf(error: unknown): Failure {
  return { errorClass: classOf(error), message: (error as Error).message }
}

/** What a proxy lets through when nobody told it otherwise: nginx. */
const USUAL_BODY_BYTES = 1 << 20
const NO_ANSWER = new Set([
  ...[
    'refused',
    'reset',
    'closed',
    'timeout',
    'connect_timeout',
    'unreachable',
    'unknown_host',
    'connection',
  ],
  ...['certificate', 'tls', 'http_502', 'http_503', 'http_504'],
])

/** Whom it was asked, and what can be done next. */
export interface Where {
  url: string
  next: NextSteps
  http: Http
  tenant?: string
  database?: string
}

/** Of the first call, or of making or clearing the collection. */
export function refused(doing: 'reach' | 'create', failure: Failure, where: Where): AibenchError {
  return common(failure, doing === 'reach' ? 'say its limits' : 'make a collection', where)
}

/** Of an add call. @param bytes of its body; 0 where that is not known */
export function notAdded(
  failure: Failure,
  { added, batch, bytes }: { added: number; batch: number; bytes: number },
  where: Where,
): AibenchError {
  const { errorClass, message } = failure
  const after = `ingest ended after ${formatCount(added)} vectors`
  const smaller = (size: number) => ({
    ...{ code: 'AIB_BATCH', evidence: evidenceOf(failure) },
    hints: size >= 1 ? [where.next.bench('--batch', String(size))] : where.next.look(),
  })
  if (errorClass === 'http_413') {
    const share = bytes > USUAL_BODY_BYTES ? (USUAL_BODY_BYTES / bytes) * 0.95 : 0.5
    return new UsageError(
      `A call with ${formatCount(batch)} vectors is too large for what stands in front of the server (${formatCount(bytes)} bytes); ${after}`,
      smaller(Math.floor(batch * share)),
    )
  }
  const limit = isRefusal(errorClass) ? limitIn(message, batch) : null
  if (limit !== null)
    return new UsageError(
      `The server takes fewer than ${formatCount(batch)} vectors a call; ${after}`,
      smaller(limit),
    )
  return common(failure, 'take vectors', where, `; ${after}`)
}

export function stoppedEarly({ reason }: AbortSignal): JobFailedError {
  return new JobFailedError('Stopped before anything was measured', {
    code: 'AIB_WORKER_STOPPED',
    evidence: reason instanceof Error ? reason.message : undefined,
  })
}

function common(failure: Failure, doing: string, { url, next }: Where, after = ''): AibenchError {
  const { errorClass } = failure
  const details = { evidence: evidenceOf(failure), hints: next.look() }
  if (errorClass === 'http_401' || errorClass === 'http_403')
    return new UsageError(`The server at ${url} rejected the token (missing or wrong)`, {
      ...{ ...details, code: 'AIB_TOKEN' },
      hints: [next.withToken(), next.bench('--header-file', 'FILE')],
    })
  if (errorClass === 'http_429')
    return new EnvironmentError(`The server limits how often it may be called${after}`, {
      ...{ ...details, code: 'AIB_QUOTA' },
      hints: [next.bench('--vectors', '1000', '--rate', '1')],
    })
  if (isRefusal(errorClass))
    return new UsageError(`The server at ${url} refuses to ${doing}${after}`, {
      ...{ ...details, code: 'AIB_REQUEST_REFUSED' },
    })
  if (NO_ANSWER.has(errorClass))
    return new UnreachableError(
      `The server at ${url} does not answer: ${errorClass}${after}`,
      details,
    )
  return new JobFailedError(`The server at ${url} could not ${doing}: ${errorClass}${after}`, {
    ...{ ...details, code: 'AIB_ODD_ANSWER' },
  })
}

export function isRefusal(errorClass: string): boolean {
  return errorClass.startsWith('http_4')
}

export function evidenceOf({ errorClass, message }: Failure): string {
  const parsed = parseQuietly(message)
  // Some put a class into `error` and the words into `message`.
  const words =
    isObject(parsed) && 'message' in parsed
      ? wordsOf(parsed.message)
      : isObject(parsed)
        ? wordsOf(parsed)
        : excerptOf(message)
  return [errorClass, words].filter(Boolean).join(': ')
}

/** `exceeds the limit of 300`, `may add 300 records, not 500`: the largest number that is fewer, where the words are about how many. */
function limitIn(message: string, batch: number): number | null {
  if (!/quota|limit|exceed|max|at most|may add|too many|records|batch/i.test(message)) return null
  const numbers = [...message.slice(0, 1_000).matchAll(/\d{1,9}/g)].map(([text]) => Number(text))
  const fewer = numbers.filter((number) => number > 0 && number < batch)
  return fewer.length > 0 ? Math.max(...fewer) : Math.floor(batch / 2)
}
