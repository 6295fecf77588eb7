import type { Http } from '../../platform/http.js'
import { shortId } from '../../platform/identifiers.js'
import type { ProbedServer, ProbeResult } from '../../jobs/contract.js'

const API = '/api/v2/tenants/default_tenant/databases/default_database/collections'
const CALL_TIMEOUT_MS = 10_000
const PROBE = [0.1, 0.2, 0.3]

/**
 * Healthy, and a vector that was added is found again. In a collection of the probe's own that is dropped after: the user's data is
 * never touched. Never throws: a server that does not answer is not ready.
 */
export async function probeChroma(http: Http, { url }: ProbedServer): Promise<ProbeResult> {
  const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => {
    const answer = await http.call(method, url + path, { body, timeoutMs: CALL_TIMEOUT_MS })
    if (answer.status >= 400)
      throw new Error(`${method} ${path} says ${answer.status}: ${answer.body.slice(0, 200)}`)
    return answer.body
  }
  try {
    await call('GET', '/api/v2/healthcheck')
    const name = `aibench-probe-${shortId(10)}`
    const { id } = JSON.parse(await call('POST', API, { name })) as { id: string }
    try {
      await call('POST', `${API}/${id}/add`, { ids: ['probe'], embeddings: [PROBE] })
      const found = await call('POST', `${API}/${id}/query`, {
        query_embeddings: [PROBE],
        n_results: 1,
        include: ['distances'],
      })
      if (!found.includes('"probe"')) throw new Error('a vector that was added was not found again')
    } finally {
      await call('DELETE', `${API}/${name}`)
    }
    return { ready: true, detail: 'probe add and query answered' }
  } catch (error) {
    return { ready: false, detail: (error as Error).message }
  }
}
