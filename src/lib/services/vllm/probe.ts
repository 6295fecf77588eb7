import type { Http } from '../../platform/http.js'
import { readTokenFile } from '../../platform/token-file.js'
import type { ProbedServer, ProbeResult } from '../../jobs/contract.js'
import { servedNameOf } from './served-name.js'
import type { VllmOptions } from './options.js'

const CALL_TIMEOUT_MS = 10_000
/** The first request of a new server may compile kernels. */
const FIRST_TOKEN_TIMEOUT_MS = 60_000

/** Healthy, names the model, and answers one token. Never throws: a server that does not answer is not ready. */
export async function probeVllm(
  http: Http,
  { url, tokenFile, options }: ProbedServer,
): Promise<ProbeResult> {
  const model = servedNameOf(options as VllmOptions)
  const headers: Record<string, string> = {}
  const call = async (method: 'GET' | 'POST', path: string, body?: unknown) => {
    const timeoutMs = body === undefined ? CALL_TIMEOUT_MS : FIRST_TOKEN_TIMEOUT_MS
    const answer = await http.call(method, url + path, { body, headers, timeoutMs })
    if (answer.status >= 400)
      throw new Error(`${method} ${path} says ${answer.status}: ${answer.body.slice(0, 200)}`)
    return answer.body
  }
  try {
    if (tokenFile) headers.authorization = `Bearer ${await readTokenFile(tokenFile)}`
    await call('GET', '/health')
    const { data } = JSON.parse(await call('GET', '/v1/models')) as { data: { id: string }[] }
    if (!data.some(({ id }) => id === model))
      throw new Error(`it serves ${data.map(({ id }) => id).join(', ')} and not ${model}`)
    const answer = await call('POST', '/v1/completions', {
      model,
      prompt: 'Hello',
      max_tokens: 1,
    })
    const { usage } = JSON.parse(answer) as { usage?: { completion_tokens?: number } }
    if (usage?.completion_tokens !== 1)
      throw new Error(`one token was asked for, ${usage?.completion_tokens ?? 'none'} came`)
    return { ready: true, detail: `${model} answered one token` }
  } catch (error) {
    return { ready: false, detail: (error as Error).message }
  }
}
