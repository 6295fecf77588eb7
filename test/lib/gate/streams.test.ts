import { expect } from 'chai'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BEARER,
  openStream,
  openTestGate,
  sayRaw,
  startTarget,
  textOf,
} from '../../support/gate.js'

/** A target whose streams the test itself writes to. */
async function startStreams(head: (outgoing: ServerResponse) => void = () => undefined) {
  const streams: ServerResponse[] = []
  const target = await startTarget((_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
    outgoing.flushHeaders()
    head(outgoing)
    streams.push(outgoing)
  })
  return { ...target, streams }
}

describe('a stream through the gate', () => {
  it('comes event by event: none waits for the next', async () => {
    await using target = await startStreams()
    await using gate = await openTestGate(target.url)
    const incoming = await openStream(gate.url)
    expect(incoming.headers['content-type']).to.equal('text/event-stream')
    for (let i = 0; i < 20; i++) {
      const event = `data: {"token":${i}}\n\n`
      target.streams[0].write(event)
      const [chunk] = (await once(incoming, 'data')) as [Buffer]
      expect(String(chunk)).to.equal(event)
    }
    target.streams[0].end('data: [DONE]\n\n')
    expect(await textOf(incoming)).to.equal('data: [DONE]\n\n')
    expect(incoming.complete).to.equal(true)
  })

  it('may be silent for longer than any idle connection is kept', async () => {
    await using target = await startStreams()
    await using gate = await openTestGate(target.url, { headerTimeoutMs: 200 })
    const incoming = await openStream(gate.url)
    await sleep(3_500)
    target.streams[0].end('late')
    expect(await textOf(incoming)).to.equal('late')
  })

  it('is one of 50 at a time, each with its own events', async () => {
    await using target = await startTarget(async (incoming, outgoing) => {
      for (let i = 0; i < 20; i++) {
        outgoing.write(`data: ${incoming.url}-${i}\n\n`)
        await sleep(5)
      }
      outgoing.end()
    })
    await using gate = await openTestGate(target.url)
    const texts = await Promise.all(
      Array.from({ length: 50 }, async (_, n) =>
        textOf(await openStream(new URL(`/s${n}`, gate.url))),
      ),
    )
    texts.forEach((text, n) => {
      const events = Array.from({ length: 20 }, (_, i) => `data: /s${n}-${i}\n\n`)
      expect(text).to.equal(events.join(''))
    })
  })

  it('is one of 300 that are all open and silent', async () => {
    await using target = await startStreams()
    await using gate = await openTestGate(target.url)
    const open = await Promise.all(Array.from({ length: 300 }, () => openStream(gate.url)))
    expect(target.streams).to.have.lengthOf(300)
    for (const stream of target.streams) stream.end('x')
    expect((await Promise.all(open.map(textOf))).join('')).to.equal('x'.repeat(300))
  })

  it('leaves a connection to the target that is kept for a short while only', async () => {
    let closed: Promise<unknown> | undefined
    await using target = await startTarget((incoming, outgoing) => {
      closed ??= once(incoming.socket, 'close')
      outgoing.end('ok')
    })
    await using gate = await openTestGate(target.url)
    for (let round = 0; round < 3; round++)
      expect(await textOf(await openStream(gate.url))).to.equal('ok')
    expect(target.connections()).to.equal(1)
    await closed
    expect(await textOf(await openStream(gate.url))).to.equal('ok')
    expect(target.connections()).to.equal(2)
  })

  it('ends at the target when its client goes', async () => {
    await using target = await startStreams()
    await using gate = await openTestGate(target.url)
    const incoming = await openStream(gate.url)
    const closed = once(target.streams[0], 'close')
    incoming.destroy()
    await closed
    expect(target.streams[0].writableFinished).to.equal(false)
    expect(gate.log).to.deep.equal([])
  })

  it('ends at the target when its client goes before the head', async () => {
    let close: Promise<unknown> | undefined
    await using target = await startTarget((_incoming, outgoing) => {
      close = once(outgoing, 'close')
    })
    await using gate = await openTestGate(target.url)
    const socket = connect(Number(gate.url.port), gate.url.hostname)
    socket.write(`GET / HTTP/1.1\r\nHost: h\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`)
    while (!close) await sleep(10)
    socket.destroy()
    await close
    expect(gate.log).to.deep.equal([])
  })

  it('is cut off, not ended, when the target dies in the middle', async () => {
    await using target = await startStreams((outgoing) => void outgoing.write('data: 1\n\n'))
    await using gate = await openTestGate(target.url)
    const heard = sayRaw(
      gate.url,
      `GET / HTTP/1.1\r\nHost: h\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`,
    )
    while (target.streams.length === 0) await sleep(10)
    await sleep(50)
    await target.crash()
    // Without the last chunk, of length 0.
    expect(await heard).to.match(/data: 1\n\n\r\n$/)
  })
})

describe('a target that is gone', () => {
  it('is a 502, said once in the log; when it is back, all is well', async () => {
    const answer = (_incoming: unknown, outgoing: ServerResponse) => void outgoing.end('ok')
    const first = await startTarget(answer)
    await using gate = await openTestGate(first.url)
    const ask = async (body?: Buffer) => {
      const url = new URL('/v1/x?key=private', gate.url)
      const method = body ? 'POST' : 'GET'
      const incoming = await fetch(url, { method, headers: BEARER, body })
      return { status: incoming.status, text: await incoming.text() }
    }
    expect(await ask()).to.deep.equal({ status: 200, text: 'ok' })
    await first.crash()
    for (const body of [undefined, Buffer.alloc(5_000_000), undefined]) {
      const { status, text } = await ask(body)
      expect(status).to.equal(502)
      expect((JSON.parse(text) as { error: { message: string } }).error.message).to.match(/behind/)
    }
    expect(gate.log).to.deep.equal(['the target does not answer: ECONNREFUSED'])
    await using second = await startTarget(answer, Number(first.url.port))
    expect(await ask()).to.deep.equal({ status: 200, text: 'ok' })
    expect(second.connections()).to.equal(1)
    expect(gate.log).to.have.lengthOf(2)
  })

  it('is a 502 also when it hangs up without a word, or speaks something else', async () => {
    for (const last of ['', 'SSH-2.0-OpenSSH\r\n']) {
      await using target = await startTarget(({ socket }) => void socket.end(last))
      await using gate = await openTestGate(target.url)
      expect((await fetch(gate.url, { headers: BEARER })).status).to.equal(502)
    }
  })
})

describe('strangers at the gate', () => {
  it('that are slow with their headers are let go, streams that are open are not', async () => {
    await using target = await startStreams()
    await using gate = await openTestGate(target.url, { headerTimeoutMs: 300 })
    const incoming = await openStream(gate.url)
    const heard = await Promise.all(
      ['', 'GET / HTTP/1.1\r\nHost: h\r\nX-Slow: '].map((text) => sayRaw(gate.url, text)),
    )
    for (const text of heard) expect(text).to.match(/^HTTP\/1\.1 408 |^$/)
    target.streams[0].end('still here')
    expect(await textOf(incoming)).to.equal('still here')
  })

  it('that send too much of a header, or nonsense, are refused and do no harm', async () => {
    await using target = await startTarget((_incoming, outgoing) => void outgoing.end('ok'))
    await using gate = await openTestGate(target.url)
    const long = `GET / HTTP/1.1\r\nHost: h\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`
    expect(await sayRaw(gate.url, long)).to.match(/^HTTP\/1\.1 431 /)
    const two = 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'
    for (const text of [
      'what?\r\n\r\n',
      '\x16\x03\x01\0',
      `GET / HTTP/1.1\r\nHost: h\r\n${two}\r\n`,
    ])
      expect(await sayRaw(gate.url, text)).to.match(/^HTTP\/1\.1 40[01] |^$/)
    expect((await fetch(gate.url, { headers: BEARER })).status).to.equal(200)
  })
})

describe('the end of the gate', () => {
  it('leaves time for an answer that is nearly done, and cuts off the others', async () => {
    await using target = await startStreams()
    await using gate = await openTestGate(target.url)
    const short = await openStream(gate.url)
    const long = await openStream(gate.url)
    const cut = textOf(long).then(
      () => 'whole',
      () => 'cut',
    )
    const closed = gate.close()
    const refused = await openStream(gate.url).then(
      () => 'let in',
      (error: NodeJS.ErrnoException) => error.code,
    )
    expect(refused).to.equal('ECONNREFUSED')
    target.streams[0].end('done')
    expect(await textOf(short)).to.equal('done')
    await closed
    expect(await cut).to.equal('cut')
    await (target.streams[1].destroyed || once(target.streams[1], 'close'))
  })
})
