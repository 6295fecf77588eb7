import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A server that does nothing, in a process of its own: what the client reaches against it is the client's ceiling. */

/**
 * `vectors` answers every request with the same ids, `stream` with the same events in one burst, `streams` with an event at a time, in
 * turn with all other answers: as tokens come.
 */
export type NullServerKind = 'vectors' | 'stream' | 'streams'

/** Between two events of an answer of the `streams` kind. */
const TURN_MS = 2
/** Events of one answer of the `stream` and `streams` kinds. */
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
  const server = kind === 'vectors' ? vectorServer() : streamServer(writers[kind]())
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
function streamServer(answer: (socket: Socket) => void): Server {
  return createServer({ noDelay: true }, (socket) => {
    let pending = ''
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1')
      for (let end = endOfRequest(pending); end > 0; end = endOfRequest(pending)) {
        pending = pending.slice(end)
        answer(socket)
      }
    })
  })
}

const writers = {
  stream: () => {
    const whole = Buffer.concat(streamPieces())
    return (socket: Socket) => void socket.write(whole)
  },
  streams: () => {
    const pieces = streamPieces()
    const open = new Map<Socket, number>()
    let isTurning = false
    // Slower than the client reads: what waits in a buffer would be read together.
    const turn = () => {
      for (const [socket, next] of open) {
        if (socket.destroyed || next === pieces.length) open.delete(socket)
        else if (socket.writableLength === 0) {
          socket.write(pieces[next])
          open.set(socket, next + 1)
        }
      }
      isTurning = open.size > 0
      if (isTurning) setTimeout(turn, TURN_MS)
    }
    return (socket: Socket) => {
      open.set(socket, 0)
      if (isTurning) return
      isTurning = true
      setTimeout(turn, TURN_MS)
    }
  },
}

function endOfRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return -1
  const length = /content-length: *(\d+)/i.exec(text.slice(0, head))
  const end = head + 4 + Number(length?.[1] ?? 0)
  return text.length >= end ? end : -1
}

/** Of one answer: the head with the first event, then one event each. */
function streamPieces(): Buffer[] {
  const event = (choices: string, tokens: number) =>
    `data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1795453104,"model":"null","choices":[${choices}],"usage":{"prompt_tokens":8,"total_tokens":${8 + tokens},"completion_tokens":${tokens},"completion_tokens_details":null}}\n\n`
  const choice = (text: string, finish: string) =>
    `{"index":0,"delta":{"content":"${text}"},"logprobs":null,"finish_reason":${finish},"token_ids":null}`
  const events = Array.from({ length: NULL_STREAM_EVENTS }, (_, i) =>
    event(choice(' word', i + 1 < NULL_STREAM_EVENTS ? 'null' : '"length"'), i + 1),
  )
  const head =
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
  const tail = chunk(event('', NULL_STREAM_EVENTS)) + chunk('data: [DONE]\n\n') + '0\r\n\r\n'
  return events.map((text, i) =>
    Buffer.from((i === 0 ? head : '') + chunk(text) + (i === events.length - 1 ? tail : '')),
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
