import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What was asked, in order. */
export interface Asked {
  path: string
  id: string
  text: string
  body: Record<string, unknown>
}

export interface PlainServer extends AsyncDisposable {
  url: string
  asked: Asked[]
}

/**
 * A server of the common API that is not vLLM: no `/version`, no `/metrics`, usage at the end only, and what it does not know it refuses
 * with this status. With `key` it asks for that; with `models` it answers for no other; with `onlyFirst` it has nothing but errors after so many answers.
 */
export async function plainServer({
  refusal = 0,
  usage = true,
  key = '',
  models = [] as string[],
  onlyFirst = Infinity,
} = {}): Promise<PlainServer> {
  const asked: Asked[] = []
  const server = createServer((incoming, outgoing) => {
    void textOf(incoming).then((text) => {
      const path = incoming.url!
      if (key !== '' && incoming.headers.authorization !== `Bearer ${key}`)
        return outgoing.writeHead(401).end('{"error":"Unauthorized"}')
      if (path === '/v1/models') return outgoing.end('{"object":"list","data":[{"id":"plain"}]}')
      if (incoming.method !== 'POST') return outgoing.writeHead(404).end()
      const body = JSON.parse(text) as Asked['body']
      asked.push({ path, id: String(incoming.headers['x-request-id']), text, body })
      const isKnown = !text.includes('continuous_usage_stats') && !text.includes('ignore_eos')
      if (refusal > 0 && !isKnown)
        return outgoing.writeHead(refusal).end('{"error":{"message":"Unrecognized field"}}')
      if (models.length > 0 && !models.includes(String(body.model)))
        return outgoing
          .writeHead(404)
          .end(`{"error":{"message":"The model \`${String(body.model)}\` does not exist."}}`)
      if (asked.length > onlyFirst)
        return outgoing.writeHead(500).end('{"error":{"message":"out of answers"}}')
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
      const tokens = Number(body.max_tokens)
      const write = (data: object) => outgoing.write(`data: ${JSON.stringify(data)}\n\n`)
      const choice = (content: string, finish: string | null) =>
        path.includes('chat')
          ? { index: 0, delta: { content }, finish_reason: finish }
          : { index: 0, text: content, finish_reason: finish }
      for (let i = 1; i <= tokens; i++)
        write({ choices: [choice(` w${i}`, i === tokens ? 'length' : null)] })
      if (usage) write({ choices: [], usage: { prompt_tokens: 7, completion_tokens: tokens } })
      outgoing.end('data: [DONE]\n\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  return text
}
