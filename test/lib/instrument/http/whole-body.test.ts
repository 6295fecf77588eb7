import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { ConnectionPool } from '../../../../src/lib/instrument/http/connection-pool.js'
import { requestBytes, requestHead } from '../../../../src/lib/instrument/http/request-head.js'
import { WHOLE_BODIES } from '../../../../src/lib/instrument/http/whole-body.js'

const TIMEOUTS = { connectMs: 10_000, firstMs: 500, idleMs: 500, totalMs: 120_000 }

/** @param answer is called once for each request, with what came in */
async function serve(answer: (socket: Socket, request: string) => void) {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => String(chunk).trim() && answer(socket, String(chunk)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`)
  const pool = new ConnectionPool({ url, protocol: WHOLE_BODIES, timeouts: TIMEOUTS, trust: null })
  const headers = { authorization: 'Bearer t' }
  const head = { method: 'POST', url, path: '/x', accept: 'application/json', headers }
  return {
    pool,
    /** @returns `200 body`, or the class of the failure */
    ask: async (body = '') => {
      const bytes = requestBytes(requestHead(head), body)
      const { status, response, error } = await pool.exchange({ bytes })
      return error ? error.errorClass : `${status} ${response.body.toString()}`
    },
    [Symbol.dispose]: () => {
      pool.close()
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

describe('a response that is read when it is there whole', () => {
  it('comes by length or in chunks, in any number of pieces, one after the other', async () => {
    let n = 0
    using server = await serve((socket) => {
      const text = 'x'.repeat(10 ** n++)
      const chunks = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
      const head = 'HTTP/1.1 201 Created\r\n'
      socket.write(
        n % 2 === 0
          ? `${head}transfer-encoding: chunked\r\n\r\n${chunks}`
          : `${head}content-length: ${text.length}\r\n\r\n${text}`,
      )
    })
    for (let power = 0; power < 7; power++)
      expect(await server.ask()).to.equal(`201 ${'x'.repeat(10 ** power)}`)
    expect(server.pool.opened).to.equal(1)
  })

  it('belongs to a request that went out whole', async () => {
    let seen = ''
    using server = await serve((socket, request) => {
      seen = request
      socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
    expect(await server.ask('{}')).to.equal('204 ')
    expect(seen).to.match(/^POST \/base\/x HTTP\/1\.1\r\n/)
    expect(seen).to.match(/\r\nauthorization: Bearer t\r\n/)
    expect(seen).to.match(/\r\ncontent-length: 2\r\n\r\n\{\}$/)
  })

  it('is refused when it has no end', async () => {
    using server = await serve((socket) => {
      const piece = Buffer.from(`100000\r\n${'y'.repeat(1 << 20)}\r\n`)
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      const go = () => {
        while (!socket.destroyed && socket.write(piece));
        socket.once('drain', go)
      }
      go()
    })
    expect(await server.ask()).to.equal('oversized_answer')
  })

  it('fails by class: silent before it begins and within', async () => {
    let begins = false
    using server = await serve(
      (socket) => begins && socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
    )
    expect(await server.ask()).to.equal('first_timeout')
    begins = true
    expect(await server.ask()).to.equal('idle_timeout')
  })
})
