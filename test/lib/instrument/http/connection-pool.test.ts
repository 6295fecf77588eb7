import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Exchange } from '../../../../src/lib/instrument/http/connection.js'
import { ConnectionPool } from '../../../../src/lib/instrument/http/connection-pool.js'
import { OPENAI } from '../../../../src/lib/instrument/inference/openai.js'
import type { ResponseStream } from '../../../../src/lib/instrument/inference/response-stream.js'

const EVENTS =
  'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
const OK = `HTTP/1.1 200 OK\r\ncontent-length: ${EVENTS.length}\r\n\r\n${EVENTS}`
const REQUEST = {
  bytes: Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
  keepsText: false,
  maxTokens: 10,
  finishReason: true,
  inputTokens: null,
  constraint: null,
  isFree: true,
  isFirstUse: false,
}
const TIMEOUTS = { connectMs: 1_000, firstMs: 200, idleMs: 200, totalMs: 1_000 }

/** @param react is called for each request: which it is of all, and which of its connection */
async function serve(react: (socket: Socket, n: number, ofConnection: number) => void) {
  const open = new Set<Socket>()
  let [n, opened] = [0, 0]
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket)
    opened++
    let ofConnection = 0
    socket.on('error', () => undefined)
    // What a client writes to find out about a reset is no request.
    socket.on('data', (chunk) => String(chunk).trim() && react(socket, n++, ofConnection++))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const connections = new ConnectionPool({ url, protocol: OPENAI, timeouts: TIMEOUTS, trust: null })
  const send = () =>
    new Promise<Exchange<ResponseStream>>((resolve) =>
      connections.send(REQUEST, (exchange) => setImmediate(() => resolve(exchange))),
    )
  return {
    ...{ connections, send, url },
    classOf: async () => (await send()).error?.errorClass ?? 'ok',
    opened: () => opened,
    requests: () => n,
    [Symbol.dispose]: () => {
      connections.close()
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

describe('the connections of the instrument', () => {
  it('are as many as requests at a time, and used again, the last one first', async () => {
    const asking: Socket[] = []
    let together = 3
    using server = await serve((socket) => {
      if (asking.push(socket) === together) for (const each of asking.splice(0)) each.write(OK)
    })
    for (let round = 0; round < 3; round++) await Promise.all([1, 2, 3].map(() => server.send()))
    together = 1
    for (let i = 0; i < 5; i++) await server.send()
    expect(server.opened()).to.equal(3)
    expect(server.connections).to.include({ opened: 3, reused: 11, resent: 0 })
  })

  it('are ready before the start, and then have no time of connecting', async () => {
    using server = await serve((socket) => socket.write(OK))
    await server.connections.warm(4)
    expect(server.connections.connectMs).to.have.length(4)
    const { connectMs } = await server.send()
    expect(connectMs).to.equal(null)
    expect(server.opened()).to.equal(4)
  })

  it('that are new put their connecting into the request', async () => {
    using server = await serve((socket) => socket.write(OK))
    expect((await server.send()).connectMs).to.be.above(0)
    expect(server.connections.connectMs).to.have.length(1)
  })

  it('are not used again after "connection: close"', async () => {
    using server = await serve((socket) =>
      socket.write(OK.replace('OK\r\n', 'OK\r\nconnection: close\r\n')),
    )
    for (let i = 0; i < 3; i++) expect(await server.classOf()).to.equal('ok')
    expect(server.opened()).to.equal(3)
  })

  for (const ending of ['end', 'resetAndDestroy'] as const)
    it(`that the server closes after an answer, by ${ending}: what met that is sent on another, once`, async () => {
      using server = await serve((socket, _, ofConnection) => {
        if (ofConnection === 0) socket.write(OK)
        else setTimeout(() => socket[ending](), 5)
      })
      for (let i = 0; i < 4; i++) expect(await server.classOf()).to.equal('ok')
      expect(server.connections.resent).to.equal(3)
      expect(server.requests()).to.equal(7)
    })

  it('that are closed without an answer are failures: no retry on a new connection', async () => {
    using server = await serve((socket) => socket.end())
    for (let i = 0; i < 3; i++) expect(await server.classOf()).to.equal('closed')
    expect(server.requests()).to.equal(3)
  })

  it('that are closed long after the last answer are failures too', async () => {
    using server = await serve((socket, _, ofConnection) => {
      if (ofConnection === 0) socket.write(OK)
      else setTimeout(() => socket.end(), 130)
    })
    expect(await server.classOf()).to.equal('ok')
    expect(await server.classOf()).to.equal('closed')
    expect(server.connections.resent).to.equal(0)
  })

  it('fail by class, and do no harm to the next request', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
    const first = EVENTS.slice(0, EVENTS.indexOf('data: [DONE]'))
    const faults: Record<string, (socket: Socket) => void> = {
      ttft_timeout() {
        // Nothing.
      },
      idle_timeout: (socket) => socket.write(head + chunk(first)),
      bad_answer: (socket) => socket.write('what?\r\n\r\n'),
      closed_in_stream: (socket) => socket.end(head + chunk(first)),
      reset: (socket) => socket.write(head + chunk(first), () => socket.resetAndDestroy()),
      http_418: (socket) => socket.write('HTTP/1.1 418 No\r\ncontent-length: 3\r\n\r\nTea'),
      empty_stream: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    }
    const answer = (socket: Socket): void => void socket.write(OK)
    let fault = answer
    using server = await serve((socket) => fault(socket))
    for (const [name, react] of Object.entries(faults)) {
      fault = react
      expect(await server.classOf()).to.equal(name)
      fault = answer
      expect(await server.classOf(), `after ${name}`).to.equal('ok')
    }
  })

  it('tell a reset from a closing even when it comes with the last bytes', async () => {
    using server = await serve((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nda', () =>
        socket.resetAndDestroy(),
      ),
    )
    for (let i = 0; i < 60; i++) expect(await server.classOf()).to.equal('reset')
  })

  it('are refused where nobody listens', async () => {
    const url = new URL('http://127.0.0.1:9')
    const pool = new ConnectionPool({ url, protocol: OPENAI, timeouts: TIMEOUTS, trust: null })
    await pool.warm(2)
    const { error } = await pool.exchange(REQUEST)
    expect(error?.errorClass).to.equal('refused')
    pool.close()
  })

  it('closed, end what is under way as aborted', async () => {
    using server = await serve(() => setImmediate(() => server.connections.close()))
    const { error } = await server.send()
    expect(error!.errorClass).to.equal('aborted')
  })
})
