import {
  EnvironmentError,
  JobFailedError,
  UnreachableError,
  UsageError,
  type AibenchError,
} from '../../platform/errors.js'
import { formatCount } from '../../platform/units.js'
import type { NextSteps } from '../next-steps.js'
import { classOf } from '../http/request-error.js'
import { excerptOf, isObject, parseQuietly, wordsOf } from '../http/server-words.js'
import type { VectorEngine } from './engine.js'
import type { VectorPlan } from './plan.js'

/** A Chroma that says no to a call without which no benchmark is possible, told by what is the matter and with what helps. */

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

interface Where {
  url: string
  next: NextSteps
}

/** Of the first question. */
export async function notReached(
  engine: VectorEngine,
  failure: Failure,
  where: Where,
): Promise<AibenchError> {
  const { errorClass } = failure
  if (!['http_404', 'http_405', 'http_410'].includes(errorClass))
    return common(failure, 'say its limits', where)
  const { url, next } = where
  const evidence = evidenceOf(failure)
  const old = await engine.oldVersion()
  if (old === null)
    return new UsageError(`There is no Chroma at ${url}: nothing answers below /api/v2`, {
      ...{ code: 'AIB_ENDPOINT', evidence, hints: next.look() },
    })
  return new EnvironmentError(
    `The server at ${url} is Chroma ${old}: before 1.0 it has another API, which aibench does not speak`,
    {
      code: 'AIB_CHROMA_OLD',
      evidence,
      hints: ['pip install -U chromadb', 'aibench chroma install'],
    },
  )
}

/** Of making or clearing the collection. */
export function notMade(
  failure: Failure,
  { tenant = 'default_tenant', database = 'default_database' }: VectorPlan,
  where: Where,
): AibenchError {
  const { errorClass, message } = failure
  if (errorClass === 'http_404' || (isRefusal(errorClass) && /tenant|database/i.test(message)))
    return new UsageError(`The server has no database "${database}" of the tenant "${tenant}"`, {
      ...{ code: 'AIB_CHROMA_DATABASE', evidence: evidenceOf(failure) },
      hints: [where.next.bench('--tenant', 'NAME', '--database', 'NAME')],
    })
  return common(failure, 'make a collection', where)
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

function isRefusal(errorClass: string): boolean {
  return errorClass.startsWith('http_4')
}

function evidenceOf({ errorClass, message }: Failure): string {
  const parsed = parseQuietly(message)
  // Chroma puts a class into `error` and the words into `message`.
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
