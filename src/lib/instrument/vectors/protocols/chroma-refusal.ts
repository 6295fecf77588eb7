import { EnvironmentError, UsageError, type AibenchError } from '../../../platform/errors.js'
import { parseQuietly } from '../../http/server-words.js'
import { evidenceOf, isRefusal, type Failure, type Where } from '../refusal.js'

const NOT_THERE = ['http_404', 'http_405', 'http_410']

/** What only Chroma's own words mean; null for all else. */
export function explainChroma(
  doing: 'reach' | 'create',
  failure: Failure,
  where: Where,
): Promise<AibenchError | null> {
  return doing === 'reach' ? notReached(failure, where) : Promise.resolve(notMade(failure, where))
}

async function notReached(failure: Failure, { url, next, http }: Where) {
  if (!NOT_THERE.includes(failure.errorClass)) return null
  const evidence = evidenceOf(failure)
  const old = await oldVersion(url, http)
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

/** Of a server that has only the API before 1.0; null of any other. */
async function oldVersion(url: string, http: Where['http']): Promise<string | null> {
  const ask = (path: string) => http.call('GET', `${url.replace(/\/$/, '')}/api/v1/${path}`)
  try {
    if ((await ask('heartbeat')).status !== 200) return null
    const version = parseQuietly((await ask('version')).body)
    return /^[\w.+-]{1,32}$/.test(String(version)) ? String(version) : 'of an unknown version'
  } catch {
    return null
  }
}

function notMade(
  failure: Failure,
  { next, tenant = 'default_tenant', database = 'default_database' }: Where,
): AibenchError | null {
  const { errorClass, message } = failure
  const isName = isRefusal(errorClass) && /tenant|database/i.test(message)
  if (errorClass !== 'http_404' && !isName) return null
  return new UsageError(`The server has no database "${database}" of the tenant "${tenant}"`, {
    code: 'AIB_CHROMA_DATABASE',
    evidence: evidenceOf(failure),
    hints: [next.bench('--tenant', 'NAME', '--database', 'NAME')],
  })
}
