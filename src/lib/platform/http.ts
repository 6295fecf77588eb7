import { request as requestPlain, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import type { Trust } from './trust.js'

export interface HttpAnswer {
  status: number
  body: string
  headers?: IncomingHttpHeaders
}

/** Control calls only: small, with a deadline, no retries. Load is the instrument's business. */
export interface Http {
  /** @throws the socket's own error, or one with code `ETIMEDOUT`, or `EMSGSIZE` for a body without end */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    options?: {
      /** Sent as JSON; bytes as they are. */
      body?: unknown
      headers?: Record<string, string>
      timeoutMs?: number
      /** Of an `https:` URL. */
      trust?: Trust | null
    },
  ): Promise<HttpAnswer>
}

/** The metrics of 64 engines are 4 MB, the longest list of models some 100 KB. */
const LONGEST_BODY = 8 * 1024 * 1024

export const systemHttp: Http = {
  call(method, url, { body, headers = {}, timeoutMs = 10_000, trust } = {}) {
    const request = url.startsWith('https:') ? requestTls : requestPlain
    const payload = payloadOf(body)
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) =>
        reject(
          isTimeOut(error) ? coded('ETIMEDOUT', `no answer from ${url} in ${timeoutMs} ms`) : error,
        )
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
          const { statusCode: status = 0, headers } = incoming
          bodyOf(incoming, url).then((text) => resolve({ status, headers, body: text }), fail)
        },
      )
      outgoing.on('error', fail)
      outgoing.end(payload)
    })
  },
}

function payloadOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body
  return Buffer.from(JSON.stringify(body))
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

function bodyOf(incoming: IncomingMessage, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= LONGEST_BODY) return
      chunks.length = 0
      incoming.destroy(coded('EMSGSIZE', `the answer of ${url} is longer than 8 MB`))
    })
    incoming.on('error', reject)
    incoming.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
  })
}

function isTimeOut({ name, code }: NodeJS.ErrnoException): boolean {
  return name === 'TimeoutError' || code === 'ABORT_ERR'
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
