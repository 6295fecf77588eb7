import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'

/** A server that does nothing, in a process of its own: what the client reaches against it is the client's ceiling. */

/** `vectors` answers every request with the same ids, `stream` with the same burst of events. */
export type NullServerKind = 'vectors' | 'stream'

/** Events of one answer of the `stream` kind. */
export const NULL_STREAM_EVENTS = 128

const IDS = Buffer.from(
  JSON.stringify({
    ids: [Array.from({ length: 10 }, (_, i) => String(i))],
    distances: [Array.from({ length: 10 }, (_, i) => i / 100)],
    embeddings: null,
    documents: null,
    uris: null,
    metadatas: null,
    include: ['distances'],
  }),
)

/** Runs in the child: answers every request alike, tells its port to the parent, ends with it. */
export function serveNothing(kind: NullServerKind): void {
  const server = kind === 'vectors' ? vectorServer() : streamServer()
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit(0))
}

function vectorServer(): Server {
  return createHttpServer((incoming, outgoing) => {
    incoming.resume()
    incoming.on('end', () =>
      outgoing
        .writeHead(200, { 'content-type': 'application/json', 'content-length': IDS.length })
        .end(IDS),
    )
  })
}

/** On sockets, with the whole answer made once: it must be far faster than what it is to measure. */
function streamServer(): Server {
  const answer = streamAnswer()
  return createServer({ noDelay: true }, (socket) => {
    let pending = ''
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1')
      for (let end = endOfRequest(pending); end > 0; end = endOfRequest(pending)) {
        pending = pending.slice(end)
        socket.write(answer)
      }
    })
  })
}

function endOfRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return -1
  const length = /content-length: *(\d+)/i.exec(text.slice(0, head))
  const end = head + 4 + Number(length?.[1] ?? 0)
  return text.length >= end ? end : -1
}

function streamAnswer(): Buffer {
  const event = (choices: string, tokens: number) =>
    `data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1795453104,"model":"null","choices":[${choices}],"usage":{"prompt_tokens":8,"total_tokens":${8 + tokens},"completion_tokens":${tokens},"completion_tokens_details":null}}\n\n`
  const choice = (text: string, finish: string) =>
    `{"index":0,"delta":{"content":"${text}"},"logprobs":null,"finish_reason":${finish},"token_ids":null}`
  const events = Array.from({ length: NULL_STREAM_EVENTS }, (_, i) =>
    event(choice(' word', i + 1 < NULL_STREAM_EVENTS ? 'null' : '"length"'), i + 1),
  )
  const chunks = [...events, event('', NULL_STREAM_EVENTS), 'data: [DONE]\n\n']
    .map((text) => `${text.length.toString(16)}\r\n${text}\r\n`)
    .join('')
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
  )
}

/** @param program the worker's own entry, which calls {@link serveNothing} when told `--null-server KIND` */
export async function startNullServer(
  program: string,
  kind: NullServerKind,
): Promise<{ url: string; [Symbol.dispose](): void }> {
  const child = fork(program, ['--null-server', kind], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  }
}
