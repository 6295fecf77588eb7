import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { systemHttp } from '../../../src/lib/platform/http.js'

async function serve(react: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => react(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url, [Symbol.dispose]: () => void server.close() }
}

/** Writes until nobody reads any more. @returns how much that was */
function flood(socket: Socket, most: number): () => number {
  const block = Buffer.alloc(1 << 20, 'x')
  let sent = 0
  const more = () => {
    while (!socket.destroyed && sent < most) {
      sent += block.length
      if (!socket.write(block)) return void socket.once('drain', more)
    }
  }
  more()
  return () => sent
}

describe('a control call', () => {
  const failure = (url: string, timeoutMs?: number) =>
    systemHttp.call('GET', url, { timeoutMs }).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    )

  it('reads a body of any shape to its end', async () => {
    using server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\né\r\n')
      socket.end('2\r\nok\r\n0\r\n\r\n')
    })
    expect((await systemHttp.call('GET', server.url)).status).to.equal(200)
  })

  it('gives up a body without end, long before it is gigabytes', async () => {
    let sent = () => 0
    using server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 3000000000\r\n\r\n')
      sent = flood(socket, 3e9)
    })
    expect(await failure(server.url)).to.include({ code: 'EMSGSIZE' })
    expect(sent()).to.be.below(100e6)
  })

  it('gives up a head without end, and a body that stalls', async () => {
    using endless = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      flood(socket, 1e8)
    })
    expect(await failure(endless.url)).to.be.instanceOf(Error)
    using stalled = await serve((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
    )
    expect(await failure(stalled.url, 200)).to.include({ code: 'ETIMEDOUT' })
  })

  it('says that the server hung up in the middle', async () => {
    using server = await serve((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
    )
    expect(await failure(server.url)).to.include({ code: 'ECONNRESET' })
  })
})
