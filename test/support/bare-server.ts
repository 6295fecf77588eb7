import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** What somebody's server answers; with `onlyFirst` it has nothing but errors after so many answers. */
export interface BareOptions {
  key?: string
  refusesUnknown?: boolean
  onlyFirst?: number
}

const KNOWN = ['model', 'prompt', 'messages', 'max_tokens', 'temperature', 'stream']
const KNOWN_OF_STREAMS = ['include_usage']

/**
 * A server with OpenAI's interface and nothing of vLLM's: no /metrics, /version or /tokenize. It is no simulator of ours, so that what
 * the client takes for granted shows.
 */
export async function bareServer(options: BareOptions = {}) {
  const seen: { path: string; authorization: string | undefined }[] = []
  let answers = 0
  const server = createServer((request, response) => {
    const { url: path = '', headers } = request
    seen.push({ path, authorization: headers.authorization })
    if (options.key !== undefined && headers.authorization !== `Bearer ${options.key}`)
      return refuse(response, 401, 'Unauthorized')
    if (path === '/v1/models') return json(response, 200, { data: [{ id: 'theirs' }] })
    if (path !== '/v1/completions' && path !== '/v1/chat/completions')
      return refuse(response, 404, 'Not Found')
    void bodyOf(request).then((body) => {
      const unknown = options.refusesUnknown ? unknownField(body) : undefined
      if (unknown !== undefined) return refuse(response, 400, `unknown field: ${unknown}`)
      if (answers++ >= (options.onlyFirst ?? Infinity))
        return refuse(response, 500, 'out of answers')
      stream(response, path.includes('chat'), Number(body.max_tokens))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

type Body = Record<string, unknown> & { stream_options?: object }

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as Body
}

function unknownField({ stream_options, ...body }: Body): string | undefined {
  return (
    Object.keys(body).find((name) => !KNOWN.includes(name)) ??
    Object.keys(stream_options ?? {}).find((name) => !KNOWN_OF_STREAMS.includes(name))
  )
}

function stream(response: ServerResponse, isChat: boolean, tokens: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const choice = (text: string) => (isChat ? { delta: { content: text } } : { text })
  for (let i = 0; i < tokens; i++)
    event(response, { choices: [{ index: 0, ...choice('word '), finish_reason: null }] })
  event(response, { choices: [{ index: 0, ...choice(''), finish_reason: 'length' }] })
  event(response, { choices: [], usage: { prompt_tokens: 3, completion_tokens: tokens } })
  response.end('data: [DONE]\n\n')
}

function event(response: ServerResponse, data: object): void {
  response.write(`data: ${JSON.stringify(data)}\n\n`)
}

function refuse(response: ServerResponse, status: number, message: string): void {
  json(response, status, { error: { message, type: 'refused', code: status } })
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
