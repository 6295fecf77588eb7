import { authorizationOf } from '../../jobs/token-files.js'
import type { ProbedServer, ProbeResult, Secret } from '../../jobs/contract.js'
import type { Http, HttpAnswer } from '../../platform/http.js'

/** Each server does its work for who has the secret, and for nobody else. */

const CALL_MS = 10_000

interface Asking {
  get(path: string): Promise<HttpAnswer>
  post(path: string, body: unknown): Promise<HttpAnswer>
  /** What a request without a secret is told. */
  stranger(method: 'GET' | 'POST', path: string): Promise<number>
}

async function probed(
  http: Http,
  { url, tokenFile }: ProbedServer,
  kind: Secret['kind'],
  ask: (asking: Asking) => Promise<string>,
): Promise<ProbeResult> {
  try {
    const authorization = tokenFile === null ? '' : await authorizationOf(tokenFile, kind)
    const call = (method: 'GET' | 'POST', path: string, body?: unknown) =>
      http.call(method, url + path, { headers: { authorization }, body, timeoutMs: CALL_MS })
    const detail = await ask({
      get: async (path) => expectGood(path, await call('GET', path)),
      post: async (path, body) => expectGood(path, await call('POST', path, body)),
      stranger: async (method, path) => {
        const body = method === 'POST' ? {} : undefined
        return (await http.call(method, url + path, { body, timeoutMs: CALL_MS })).status
      },
    })
    return { ready: true, detail }
  } catch (error) {
    return { ready: false, detail: (error as Error).message }
  }
}

function expectGood(path: string, answer: HttpAnswer): HttpAnswer {
  if (answer.status === 200) return answer
  if (answer.status === 401) throw new Error('it does not take the password that its file holds')
  throw new Error(`${path} says ${answer.status}: ${answer.body.slice(0, 200).trim()}`)
}

function expectRefused(path: string, status: number): void {
  if (status !== 401) throw new Error(`${path} without a password says ${status} and not 401`)
}

export const probePrometheus = (http: Http, server: ProbedServer): Promise<ProbeResult> =>
  probed(http, server, 'basic', async ({ get, stranger }) => {
    await get('/-/ready')
    const query = '/api/v1/query?query=vector(42)'
    const { body } = await get(query)
    if (!body.includes('"42"')) throw new Error(`a query is answered by ${body.slice(0, 200)}`)
    const { data } = JSON.parse((await get('/api/v1/status/runtimeinfo')).body) as {
      data: { reloadConfigSuccess: boolean }
    }
    if (!data.reloadConfigSuccess) throw new Error('it rejected its last configuration')
    expectRefused('/api/v1/query', await stranger('GET', query))
    return 'queries answered, password required'
  })

export const probeCollector = (http: Http, server: ProbedServer): Promise<ProbeResult> =>
  probed(http, server, 'bearer', async ({ post, stranger }) => {
    await post('/v1/metrics', { resourceMetrics: [] })
    expectRefused('/v1/metrics', await stranger('POST', '/v1/metrics'))
    return 'OTLP accepted, token required'
  })

export const probeGrafana = (http: Http, server: ProbedServer): Promise<ProbeResult> =>
  probed(http, server, 'basic', async ({ get, stranger }) => {
    await get('/api/health')
    await get('/api/user')
    expectRefused('/api/user', await stranger('GET', '/api/user'))
    return 'answers, password required'
  })

export const probeNodeExporter = (http: Http, server: ProbedServer): Promise<ProbeResult> =>
  probed(http, server, 'basic', async ({ get, stranger }) => {
    const { body } = await get('/metrics')
    if (!body.includes('node_cpu_seconds_total'))
      throw new Error('/metrics has no metrics of the node')
    expectRefused('/metrics', await stranger('GET', '/metrics'))
    return 'metrics answered, password required'
  })
