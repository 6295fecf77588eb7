import { expect } from 'chai'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { BEARER, openTestGate, sayRaw, startTarget, textOf } from '../../support/gate.js'

interface Seen {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/** Answers with what it saw. */
const mirror = () =>
  startTarget(async (incoming, outgoing) => {
    const { method, url, headers } = incoming
    const seen = { method, url, headers, body: await textOf(incoming) }
    outgoing.writeHead(200, { 'x-method': method }).end(JSON.stringify(seen))
  })
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('what passes the gate', () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    it(`${method}: path, query, headers and body as they were`, async () => {
      await using target = await mirror()
      await using gate = await openTestGate(target.url)
      const body = method === 'GET' ? undefined : '{"prompt":"grüße"}'
      const headers = { ...BEARER, 'x-request-id': '7', 'content-type': 'application/json' }
      const url = new URL('/v1//chat/%2e%2f/compl?a=1&b=%20?x', gate.url)
      const answer = await fetch(url, { method, headers, body })
      const seen = (await answer.json()) as Seen
      expect(seen).to.include({ method, url: '/v1//chat/%2e%2f/compl?a=1&b=%20?x' })
      expect(seen.body).to.equal(body ?? '')
      expect(seen.headers).to.include({ 'x-request-id': '7', host: gate.url.host })
      expect(seen.headers['content-type']).to.equal('application/json')
    })

  it('HEAD, with the head that a GET would have', async () => {
    await using target = await mirror()
    await using gate = await openTestGate(target.url)
    const answer = await fetch(gate.url, { method: 'HEAD', headers: BEARER })
    expect(answer.status).to.equal(200)
    expect(answer.headers.get('x-method')).to.equal('HEAD')
  })

  for (const status of [204, 304, 307, 404, 429, 500, 503])
    it(`the target's own ${status}, its reason and its headers`, async () => {
      await using target = await startTarget((_incoming, outgoing) => {
        outgoing.writeHead(status, 'As I Say', {
          location: '/elsewhere',
          'retry-after': '7',
          'set-cookie': ['a=1', 'b=2'],
        })
        outgoing.end()
      })
      await using gate = await openTestGate(target.url)
      const answer = await fetch(gate.url, { headers: BEARER, redirect: 'manual' })
      expect(answer).to.include({ status, statusText: 'As I Say' })
      expect(answer.headers.get('location')).to.equal('/elsewhere')
      expect(answer.headers.get('retry-after')).to.equal('7')
      expect(answer.headers.getSetCookie()).to.deep.equal(['a=1', 'b=2'])
    })

  it('big bodies both ways, byte for byte', async () => {
    const bytes = randomBytes(24 << 20)
    await using target = await startTarget(async (incoming, outgoing) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      outgoing.writeHead(200, { 'x-sha': sha(body), 'content-length': body.length }).end(body)
    })
    await using gate = await openTestGate(target.url)
    const answer = await fetch(gate.url, { method: 'POST', headers: BEARER, body: bytes })
    expect(answer.headers.get('x-sha')).to.equal(sha(bytes))
    expect(sha(Buffer.from(await answer.arrayBuffer()))).to.equal(sha(bytes))
  })

  it('a big body only as fast as its reader takes it', async () => {
    const whole = 256 << 20
    let sent = 0
    await using target = await startTarget(async (_incoming, outgoing) => {
      const chunk = Buffer.alloc(1 << 20)
      outgoing.on('close', () => (sent = -1))
      while (sent >= 0 && sent < whole) {
        sent += chunk.length
        if (!outgoing.write(chunk))
          await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')])
      }
    })
    await using gate = await openTestGate(target.url)
    const outgoing = request(gate.url, { headers: BEARER, agent: false }).end()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(sent)
      .to.be.greaterThan(0)
      .and.below(whole / 2)
    incoming.destroy()
  })

  it('a body that is sent after "100 Continue" only', async () => {
    await using target = await mirror()
    await using gate = await openTestGate(target.url)
    const outgoing = request(gate.url, {
      method: 'POST',
      agent: false,
      headers: { ...BEARER, expect: '100-continue', 'content-length': 5 },
    })
    outgoing.flushHeaders()
    await once(outgoing, 'continue')
    outgoing.end('hello')
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    const seen = JSON.parse(await textOf(incoming)) as Seen
    expect(seen.body).to.equal('hello')
    expect(seen.headers).to.not.have.property('expect')
  })
})

describe('headers of a connection', () => {
  it('of the client stop at the gate, with all that they name', async () => {
    await using target = await mirror()
    await using gate = await openTestGate(target.url)
    const heard = await sayRaw(
      gate.url,
      [
        'GET / HTTP/1.1',
        'Host: h',
        `Authorization: ${BEARER.authorization}`,
        'Connection: close, X-Secret-Hop, Upgrade',
        'X-Secret-Hop: 1',
        'Upgrade: h2c',
        'Keep-Alive: timeout=9',
        'TE: trailers',
        'Proxy-Authorization: Basic eDp5',
        'Proxy-Connection: keep-alive',
        'X-Stays: 1',
        '\r\n',
      ].join('\r\n'),
    )
    const seen = JSON.parse(/\{.*\}/.exec(heard)![0]) as Seen
    expect(seen.headers).to.deep.equal({ host: 'h', 'x-stays': '1', connection: 'keep-alive' })
    expect(heard).to.match(/\r\nconnection: close\r\n/i)
  })

  it('of the target stop at the gate, and the client keeps its connection', async () => {
    await using target = await startTarget((_incoming, outgoing) => {
      outgoing.writeHead(200, {
        connection: 'close, x-hop',
        'x-hop': '1',
        'keep-alive': 'timeout=1',
        'proxy-authenticate': 'Basic',
        'x-stays': '1',
      })
      outgoing.end('ok')
    })
    await using gate = await openTestGate(target.url)
    const answer = await fetch(gate.url, { headers: BEARER })
    expect(await answer.text()).to.equal('ok')
    const names = [...answer.headers.keys()]
    expect(names).to.include('x-stays').and.not.include.members(['x-hop'])
    expect(names).to.not.include('proxy-authenticate')
    expect(answer.headers.get('connection')).to.equal('keep-alive')
  })

  for (const { title, head, body } of [
    {
      title: 'chunked',
      head: 'Transfer-Encoding: chunked',
      body: '1c\r\nGET /smuggled HTTP/1.1\r\n\r\nxx\r\n0\r\n\r\n',
    },
    {
      title: 'of a known length',
      head: 'Content-Length: 28',
      body: 'GET /smuggled HTTP/1.1\r\n\r\nxx',
    },
    {
      title: 'of a length that Connection names',
      head: 'Content-Length: 28\r\nConnection: content-length, transfer-encoding, host',
      body: 'GET /smuggled HTTP/1.1\r\n\r\nxx',
    },
    {
      title: 'chunked, which Connection names',
      head: 'Transfer-Encoding: chunked\r\nConnection: transfer-encoding',
      body: '1c\r\nGET /smuggled HTTP/1.1\r\n\r\nxx\r\n0\r\n\r\n',
    },
  ])
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
      it(`never make a second request of the body: ${method}, ${title}`, async () => {
        const seen: string[] = []
        await using target = await startTarget(async (incoming, outgoing) => {
          seen.push(`${incoming.url} ${JSON.stringify(await textOf(incoming))}`)
          outgoing.end('done')
        })
        await using gate = await openTestGate(target.url)
        const ask = `Host: h\r\nAuthorization: ${BEARER.authorization}\r\n`
        for (let round = 0; round < 2; round++)
          await sayRaw(gate.url, `${method} /real HTTP/1.1\r\n${ask}${head}\r\n\r\n${body}`, /done/)
        const whole = '/real "GET /smuggled HTTP/1.1\\r\\n\\r\\nxx"'
        expect(seen).to.deep.equal([whole, whole])
      })

  it('answer HTTP/1.0 and a client that wants to close by closing', async () => {
    await using target = await startTarget((_incoming, outgoing) => void outgoing.end('hello'))
    await using gate = await openTestGate(target.url)
    for (const line of ['HTTP/1.0', 'HTTP/1.1\r\nHost: h\r\nConnection: close'])
      expect(
        await sayRaw(gate.url, `GET / ${line}\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`),
      ).to.match(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*hello/i)
  })

  it('keep connections on both sides for many requests', async () => {
    await using target = await mirror()
    await using gate = await openTestGate(target.url)
    const agent = new Agent({ keepAlive: true, maxSockets: 2 })
    const ports = new Set<number>()
    const ask = async () => {
      const outgoing = request(gate.url, { method: 'POST', headers: BEARER, agent })
      outgoing.end('x')
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
      ports.add(incoming.socket.localPort!)
      await textOf(incoming)
    }
    for (let round = 0; round < 10; round++) await Promise.all([ask(), ask()])
    agent.destroy()
    expect(ports.size).to.be.at.most(2)
    expect(target.connections()).to.be.at.most(4)
  })
})
