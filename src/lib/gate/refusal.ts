import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream'

/** How long the rest of a refused request may still come. */
const LINGER_MS = 1_000

/**
 * Answers in the target's place, then closes the connection. Not at once: closing while a body still comes in resets the connection,
 * and the client would see that instead of the answer.
 */
export function refuse(
  request: IncomingMessage,
  answer: ServerResponse,
  { status, message, headers = {} }: Refusal,
): void {
  const body = Buffer.from(JSON.stringify({ error: { message } }))
  answer.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    connection: 'close',
    ...headers,
  })
  answer.write(body)
  const timer = setTimeout(() => answer.end(), LINGER_MS)
  request.resume()
  finished(request, { writable: false }, () => {
    clearTimeout(timer)
    answer.end()
  })
}

export interface Refusal {
  status: number
  message: string
  headers?: Record<string, string>
}

export const UNAUTHORIZED: Refusal = {
  status: 401,
  message: 'This service asks for its token: Authorization: Bearer TOKEN',
  headers: { 'www-authenticate': 'Bearer realm="aibench"' },
}

export const TARGET_GONE: Refusal = {
  status: 502,
  message: 'The service behind the gate does not answer',
}
