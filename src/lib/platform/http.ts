import { request } from 'node:http'

export interface HttpAnswer {
  status: number
  body: string
}

/** Control calls only: small, with a deadline, no retries. Load is the instrument's business. */
export interface Http {
  /** @throws the socket's own error, or one with code `ETIMEDOUT` */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    options?: { body?: unknown; headers?: Record<string, string>; timeoutMs?: number },
  ): Promise<HttpAnswer>
}

export const systemHttp: Http = {
  call(method, url, { body, headers = {}, timeoutMs = 10_000 } = {}) {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method,
          headers: {
            ...(payload
              ? { 'content-type': 'application/json', 'content-length': payload.length }
              : {}),
            ...headers,
          },
          signal: AbortSignal.timeout(timeoutMs),
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          )
        },
      )
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (error.name === 'TimeoutError' || error.code === 'ABORT_ERR')
          reject(
            Object.assign(new Error(`no answer from ${url} in ${timeoutMs} ms`), {
              code: 'ETIMEDOUT',
            }),
          )
        else reject(error)
      })
      outgoing.end(payload)
    })
  },
}
