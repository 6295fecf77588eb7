import { expect } from 'chai'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { AnswerReader } from '../../../../src/lib/instrument/http/http-answer.js'
import { HttpPool } from '../../../../src/lib/instrument/http/http-pool.js'
import { classOf } from '../../../../src/lib/instrument/http/request-error.js'

const HEAD = 'HTTP/1.1 200 OK\r\n'

describe('an answer, put together', () => {
  for (const { title, text, status, body, keepAlive = true } of [
    {
      title: 'of a known length',
      text: `${HEAD}Content-Length: 5\r\n\r\nhello`,
      status: 200,
      body: 'hello',
    },
    {
      title: 'in chunks',
      text: `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nA;x=1\r\nlo, world!\r\n0\r\n\r\n`,
      status: 200,
      body: 'hello, world!',
    },
    { title: 'with nothing in it', text: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204, body: '' },
    {
      title: 'after an interim one',
      text: `HTTP/1.1 100 Continue\r\n\r\n${HEAD}content-length: 2\r\n\r\nok`,
      status: 200,
      body: 'ok',
    },
    {
      title: 'that is the last of its connection',
      text: `${HEAD}Connection: close\r\ncontent-length: 2\r\n\r\nok`,
      status: 200,
      body: 'ok',
      keepAlive: false,
    },
    {
      title: 'that is a failure',
      text: 'HTTP/1.1 503 No\r\ncontent-length: 1\r\n\r\nx',
      status: 503,
      body: 'x',
    },
  ])
    it(`${title}, however it was cut`, () => {
      const bytes = Buffer.from(text)
      for (let cut = 0; cut < bytes.length; cut++) {
        const reader = new AnswerReader()
        const early = cut > 0 ? reader.push(bytes.subarray(0, cut)) : null
        expect(early, `after ${cut} bytes`).to.equal(null)
        const answer = reader.push(bytes.subarray(cut))!
        expect({ status: answer.status, body: String(answer.body) }).to.deep.equal({ status, body })
        expect(reader.keepAlive).to.equal(keepAlive)
      }
    })

  for (const text of [
    'SSH-2.0-x\r\n\r\n',
    `${HEAD}\r\nno length`,
    `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n`,
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => new AnswerReader().push(Buffer.from(text))).to.throw(/can't be read/)
    })
})

describe('an answer without end', () => {
  it('in many small chunks is read in time that grows with its length only, and then refused', () => {
    const reader = new AnswerReader()
    reader.push(Buffer.from(`${HEAD}transfer-encoding: chunked\r\n\r\n`))
    const piece = Buffer.from('1\r\ny\r\n'.repeat(1 << 14))
    for (let n = 0; n < 200; n++) expect(reader.push(piece)).to.equal(null)
    const large = Buffer.concat([
      Buffer.from('1000000\r\n'),
      Buffer.alloc(1 << 24, 'y'),
      Buffer.from('\r\n'),
    ])
    expect(() => {
      for (let n = 0; n < 5; n++) reader.push(large)
    }).to.throw(/no end/)
  })

  it('is no answer to the next request', () => {
    const reader = new AnswerReader()
    const answer = reader.push(
      Buffer.from(`${HEAD}content-length: 1\r\n\r\nx${HEAD}content-length: 1\r\n\r\ny`),
    )
    expect(String(answer?.body)).to.equal('x')
    expect(reader.keepAlive).to.equal(false)
  })
})

describe('connections', () => {
  /** @param react gets what came in, once for each request without a body */
  const serve = async (react: (socket: Socket, request: string) => void) => {
    let connections = 0
    const open = new Set<Socket>()
    const server = createServer((socket) => {
      connections++
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => react(socket, String(chunk)))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`)
    const pool = new HttpPool({ url, headers: { authorization: 'Bearer t' }, timeoutMs: 150 })
    return {
      pool,
      connections: () => connections,
      [Symbol.dispose]: () => {
        pool.close()
        for (const socket of open) socket.destroy()
        server.close()
      },
    }
  }
  const ok = `${HEAD}content-length: 2\r\n\r\nok`
  const failure = (sending: Promise<unknown>) => sending.then(() => 'none', classOf)

  it('are as many as are needed at a time, and used again', async () => {
    const asking: Socket[] = []
    using server = await serve((socket) => {
      if (asking.push(socket) === 4) for (const each of asking.splice(0)) each.write(ok)
    })
    const request = server.pool.encode('GET', '/x')
    for (let round = 0; round < 3; round++)
      await Promise.all(Array.from({ length: 4 }, () => server.pool.send(request)))
    expect(server.connections()).to.equal(4)
  })

  it('send what was asked for', async () => {
    let seen = ''
    using server = await serve((socket, request) => {
      seen = request
      socket.write(ok)
    })
    await server.pool.send(server.pool.encode('POST', '/x', Buffer.from('{}')))
    expect(seen).to.match(/^POST \/base\/x HTTP\/1\.1\r\n/)
    expect(seen)
      .to.match(/\r\nauthorization: Bearer t\r\n/)
      .and.match(/content-length: 2\r\n(.*\r\n)*\r\n\{\}$/)
  })

  it('are opened anew after an answer that was the last of its connection', async () => {
    using server = await serve((socket) => socket.end(ok.replace('OK', 'OK\r\nconnection: close')))
    for (let n = 0; n < 3; n++) await server.pool.send(server.pool.encode('GET', '/x'))
    expect(server.connections()).to.equal(3)
  })

  it('fail by class: silent, closed, nonsense; the next request is not harmed', async () => {
    let mode = 'silent'
    using server = await serve((socket) => {
      if (mode === 'closed') socket.destroy()
      if (mode === 'nonsense') socket.write('what?\r\n\r\n')
      if (mode === 'ok') socket.write(ok)
    })
    const request = server.pool.encode('GET', '/x')
    expect(await failure(server.pool.send(request))).to.equal('timeout')
    mode = 'closed'
    expect(await failure(server.pool.send(request))).to.be.oneOf(['closed', 'reset'])
    mode = 'nonsense'
    expect(await failure(server.pool.send(request))).to.equal('bad_answer')
    mode = 'ok'
    expect(await failure(server.pool.send(request))).to.equal('none')
  })

  it('fail as refused where nobody listens', async () => {
    const pool = new HttpPool({ url: new URL('http://127.0.0.1:9'), headers: {}, timeoutMs: 150 })
    expect(await failure(pool.send(pool.encode('GET', '/')))).to.equal('refused')
    pool.close()
  })
})
