import { request as requestPlain, type IncomingHttpHeaders } from 'node:http'
import { request as requestTls } from 'node:https'
import type { Trust } from './trust.js'

export interface HttpAnswer {
  status: number
  body: string
  headers?: IncomingHttpHeaders
}

/** Control calls only: small, with a deadline, no retries. Load is the instrument's business. */
export interface Http {
  /** @throws the socket's own error, or one with code `ETIMEDOUT` */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    options?: {
      body?: unknown
      headers?: Record<string, string>
      timeoutMs?: number
      /** Of an `https:` URL. */
      trust?: Trust | null
    },
  ): Promise<HttpAnswer>
}

export const systemHttp: Http = {
  call(method, url, { body, headers = {}, timeoutMs = 10_000, trust } = {}) {
    const request = url.startsWith('https:') ? requestTls : requestPlain
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method,
          ...trust,
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
              headers: incoming.headers,
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

/** Calls that all carry these headers, and believe whom `trust` believes. */
export function httpWith(headers: Readonly<Record<string, string>>, trust: Trust | null): Http {
  return {
    call: (method, url, options) =>
      systemHttp.call(method, url, {
        trust,
        ...options,
        headers: { ...headers, ...options?.headers },
      }),
  }
}
