import { expect } from 'chai'
import fc from 'fast-check'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestOf, isRight } from '../../../src/lib/platform/guard.js'
import { BEARER, openTestGate, sayRaw, startTarget, textOf, TOKEN } from '../../support/gate.js'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const PATHS = ['/', '/health', '/metrics', '/v1/models', '/invocations', '//', '/%2e%2e/', '/?k=v']

/** A target that must never be reached, behind a gate. */
async function closedGate() {
  let reached = 0
  const target = await startTarget((_incoming, outgoing) => {
    reached++
    outgoing.end('secret of the target')
  })
  const gate = await openTestGate(target.url)
  return {
    ...gate,
    reached: () => reached,
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]()
      await target[Symbol.asyncDispose]()
    },
  }
}

const statusOf = (url: URL, headers: Record<string, string>) =>
  fetch(url, { headers }).then(async (answer) => {
    await answer.text()
    return answer.status
  })

describe('whoever has no token', () => {
  for (const { title, authorization } of [
    { title: 'none', authorization: undefined },
    { title: 'an empty one', authorization: 'Bearer ' },
    { title: 'a wrong one', authorization: 'Bearer wrong-token-0123456789abcdef' },
    { title: 'the beginning of it', authorization: `Bearer ${TOKEN.slice(0, -1)}` },
    { title: 'more than it', authorization: `Bearer ${TOKEN}0` },
    { title: 'it twice', authorization: `Bearer ${TOKEN} ${TOKEN}` },
    { title: 'it with a comma', authorization: `Bearer ${TOKEN}, Bearer ${TOKEN}` },
    { title: 'it in capitals', authorization: `Bearer ${TOKEN.toUpperCase()}` },
    { title: 'it as a password', authorization: `Basic ${btoa(`user:${TOKEN}`)}` },
    { title: 'it under another scheme', authorization: `Basic ${TOKEN}` },
    { title: 'it without a scheme', authorization: TOKEN },
  ])
    it(`but ${title} gets a 401 that says what is asked for`, async () => {
      await using gate = await closedGate()
      const headers: Record<string, string> = authorization ? { authorization } : {}
      const answer = await fetch(gate.url, { headers })
      expect(answer.status).to.equal(401)
      expect(answer.headers.get('www-authenticate')).to.match(/^Bearer /)
      expect(answer.headers.get('content-type')).to.equal('application/json')
      const { error } = (await answer.json()) as { error: { message: string } }
      expect(error.message).to.include('Authorization: Bearer').and.not.include(TOKEN)
      expect(gate.reached()).to.equal(0)
    })

  it('is refused with every method and on every path, health and metrics too', async () => {
    await using gate = await closedGate()
    for (const method of METHODS)
      for (const path of PATHS) {
        const heard = await sayRaw(gate.url, `${method} ${path} HTTP/1.1\r\nHost: h\r\n\r\n`)
        expect(heard, `${method} ${path}`).to.match(/^HTTP\/1\.1 401 [^]*connection: close\r\n/i)
        if (method === 'HEAD') expect(heard).to.match(/\r\n\r\n$/)
      }
    expect(gate.reached()).to.equal(0)
  })

  it('is not let in by other ways: query, cookie, other headers, upgrade, CONNECT, an absolute URL', async () => {
    await using gate = await closedGate()
    for (const lines of [
      [`GET /?token=${TOKEN} HTTP/1.1`],
      ['GET / HTTP/1.1', `Cookie: token=${TOKEN}`],
      ['GET / HTTP/1.1', `Proxy-Authorization: Bearer ${TOKEN}`],
      ['GET / HTTP/1.1', `X-Api-Key: ${TOKEN}`],
      ['GET / HTTP/1.1', 'Authorization: Bearer wrong', `Authorization: Bearer ${TOKEN}`],
      ['GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: AAAA'],
      [`CONNECT ${gate.url.host} HTTP/1.1`],
      [`GET http://user:${TOKEN}@${gate.url.host}/ HTTP/1.1`],
    ]) {
      const heard = await sayRaw(gate.url, [...lines, 'Host: h', '\r\n'].join('\r\n'))
      expect(heard, lines.join(' ')).to.match(/^(HTTP\/1\.1 401 |$)/)
    }
    expect(gate.reached()).to.equal(0)
  })

  it('gets to see the 401 also while still sending, and does not send for ever', async () => {
    await using gate = await closedGate()
    const outgoing = request(gate.url, { method: 'POST', agent: false })
    outgoing.on('error', () => undefined)
    const closed = new Promise((resolve) => outgoing.on('close', resolve))
    let status: number | undefined
    outgoing.on('response', (incoming) => {
      status = incoming.statusCode
      incoming.resume()
    })
    const sending = setInterval(() => outgoing.write(Buffer.alloc(100_000)), 20)
    await closed
    clearInterval(sending)
    expect(status).to.equal(401)
    expect(gate.reached()).to.equal(0)
  })

  it('is refused before the body when it asks first', async () => {
    await using gate = await closedGate()
    const head = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n'
    expect(await sayRaw(gate.url, head)).to.match(/^HTTP\/1\.1 401 /)
  })

  it('never has the right one by chance', () => {
    const digest = digestOf(TOKEN)
    const near = fc
      .tuple(fc.nat(TOKEN.length), fc.nat(TOKEN.length), fc.string({ maxLength: 3 }))
      .map(([from, to, middle]) => TOKEN.slice(0, from) + middle + TOKEN.slice(to))
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (token) => {
        fc.pre(token.trim() !== TOKEN)
        for (const scheme of ['Bearer ', 'bearer  ', 'Basic ', ''])
          expect(isRight(scheme + token, digest)).to.equal(false)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('whoever has the token', () => {
  it('is let in, however the scheme is written', async () => {
    await using gate = await closedGate()
    for (const scheme of ['Bearer', 'bearer', 'BEARER'])
      expect(await statusOf(gate.url, { authorization: `${scheme} ${TOKEN}` })).to.equal(200)
    expect(gate.reached()).to.equal(3)
  })

  for (const upstreamToken of [undefined, 'upstream-key'])
    it(`keeps it from the target, which sees ${upstreamToken ? 'its own' : 'none'}`, async () => {
      const seen: string[] = []
      await using target = await startTarget(async (incoming, outgoing) => {
        seen.push(JSON.stringify(incoming.rawHeaders) + (await textOf(incoming)))
        outgoing.end(incoming.headers.authorization ?? 'none')
      })
      await using gate = await openTestGate(target.url, { upstreamToken })
      const answer = await fetch(gate.url, { method: 'POST', headers: BEARER, body: 'x' })
      expect(await answer.text()).to.equal(upstreamToken ? 'Bearer upstream-key' : 'none')
      expect(seen.join()).to.not.include(TOKEN)
    })
})

describe('the token file of an open gate', () => {
  const until = async (url: URL, token: string, status: number) => {
    for (let i = 0; i < 200; i++) {
      if ((await statusOf(url, { authorization: `Bearer ${token}` })) === status) return
      await sleep(25)
    }
    expect.fail(`no ${status} in 5 s`)
  }

  it('changes: the old token is refused, the new one accepted', async () => {
    await using gate = await closedGate()
    await until(gate.url, TOKEN, 200)
    await writeFile(gate.tokenFile + '.new', 'second-token', { mode: 0o600 })
    await rename(gate.tokenFile + '.new', gate.tokenFile)
    await until(gate.url, 'second-token', 200)
    expect(await statusOf(gate.url, BEARER)).to.equal(401)
    await writeFile(gate.tokenFile, 'third-token')
    await until(gate.url, 'third-token', 200)
    expect(await statusOf(gate.url, { authorization: 'Bearer second-token' })).to.equal(401)
    expect(gate.log.join('\n'))
      .to.match(/has changed/)
      .and.not.match(/(second|third)-token/)
  })

  for (const { title, spoil, mend } of [
    {
      title: 'goes',
      spoil: (path: string) => rm(path),
      mend: (path: string) => writeFile(path, TOKEN, { mode: 0o600 }),
    },
    {
      title: 'is opened to others',
      spoil: (path: string) => chmod(path, 0o644),
      mend: (path: string) => chmod(path, 0o600),
    },
    {
      title: 'becomes empty',
      spoil: (path: string) => writeFile(path, ''),
      mend: (path: string) => writeFile(path, TOKEN),
    },
  ])
    it(`${title}: nobody is let in until it is mended`, async () => {
      await using gate = await closedGate()
      await until(gate.url, TOKEN, 200)
      await spoil(gate.tokenFile)
      await until(gate.url, TOKEN, 401)
      expect(await statusOf(gate.url, { authorization: 'Bearer ' })).to.equal(401)
      expect(gate.log.join('\n')).to.match(/nobody is let in: /)
      await mend(gate.tokenFile)
      await until(gate.url, TOKEN, 200)
    })
})
