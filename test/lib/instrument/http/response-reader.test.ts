import { expect } from 'chai'
import fc from 'fast-check'
import { ResponseReader } from '../../../../src/lib/instrument/http/response-reader.js'

const HEAD = 'HTTP/1.1 200 OK\r\n'

/** What a reader gives for pieces as they come; each in a buffer with rubbish behind it, as the socket's is. */
function readingOf(pieces: readonly string[], closes = false) {
  const answers: { status: number; body: string; keepAlive: boolean | null }[] = []
  const reader = new ResponseReader({
    head: (status) => answers.push({ status, body: '', keepAlive: null }),
    body: (bytes, from, to) => (answers.at(-1)!.body += bytes.toString('latin1', from, to)),
    end: (keepAlive) => (answers.at(-1)!.keepAlive = keepAlive),
  })
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    reader.push(Buffer.concat([bytes, Buffer.from('\r\n\r\n0\r\n\r\n')]), bytes.length)
  }
  return { answers, wasWhole: closes ? reader.close() : null }
}

const chunked = (...chunks: string[]) =>
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n` +
  chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')

const CASES: { title: string; text: string; answers: object[] }[] = [
  {
    title: 'of a known length',
    text: `${HEAD}Content-Length: 5\r\n\r\nhello`,
    answers: [{ status: 200, body: 'hello', keepAlive: true }],
  },
  {
    title: 'in chunks',
    text: `${chunked('hel', 'lo, world! and more')}0\r\n\r\n`,
    answers: [{ status: 200, body: 'hello, world! and more', keepAlive: true }],
  },
  {
    title: 'in chunks with extensions and capitals, and trailers behind',
    text: `${HEAD}TRANSFER-ENCODING:chunked\r\n\r\nA;name="v"\r\n0123456789\r\n00;x\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n`,
    answers: [{ status: 200, body: '0123456789', keepAlive: true }],
  },
  {
    title: 'with nothing in it',
    text: `${HEAD}content-length: 0\r\n\r\n`,
    answers: [{ status: 200, body: '', keepAlive: true }],
  },
  {
    title: 'without a body by its status',
    text: 'HTTP/1.1 204 No Content\r\n\r\n',
    answers: [{ status: 204, body: '', keepAlive: true }],
  },
  {
    title: 'after interim ones',
    text: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${HEAD}content-length: 2\r\n\r\nok`,
    answers: [{ status: 200, body: 'ok', keepAlive: true }],
  },
  {
    title: 'that is the last of its connection',
    text: `${HEAD}Connection: Close\r\ncontent-length: 2\r\n\r\nok`,
    answers: [{ status: 200, body: 'ok', keepAlive: false }],
  },
  {
    title: 'of HTTP/1.0',
    text: 'HTTP/1.0 503 Busy\r\ncontent-length: 2\r\n\r\nno',
    answers: [{ status: 503, body: 'no', keepAlive: false }],
  },
]

describe('a response', () => {
  for (const { title, text, answers } of CASES)
    it(`${title}, wherever it was cut`, () => {
      expect(readingOf([text]).answers).to.deep.equal(answers)
      expect(readingOf([...text]).answers, 'byte by byte').to.deep.equal(answers)
      fc.assert(
        fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
          const at = [...new Set([0, ...cuts, text.length])].sort((a, b) => a - b)
          const pieces = at.slice(1).map((to, i) => text.slice(at[i], to))
          expect(readingOf(pieces).answers).to.deep.equal(answers)
        }),
      )
    })

  it('after another is read alike; what comes behind an answer in one piece is no answer', () => {
    const [one, other] = [`${chunked('a')}0\r\n\r\n`, `${HEAD}content-length: 1\r\n\r\nx`]
    expect(readingOf([one, other, one]).answers).to.deep.equal([
      { status: 200, body: 'a', keepAlive: true },
      { status: 200, body: 'x', keepAlive: true },
      { status: 200, body: 'a', keepAlive: true },
    ])
    for (const first of [one, other])
      expect(readingOf([first + other]).answers).to.deep.equal([
        { status: 200, body: first === one ? 'a' : 'x', keepAlive: false },
      ])
  })

  it('until the connection closes is whole when it does, and only then', () => {
    const { answers, wasWhole } = readingOf([`${HEAD}\r\nall`, ' of it'], true)
    expect(answers).to.deep.equal([{ status: 200, body: 'all of it', keepAlive: false }])
    expect(wasWhole).to.equal(true)
  })

  for (const text of [
    '',
    HEAD,
    `${HEAD}content-length: 5\r\n\r\nhell`,
    chunked('hello'),
    `${chunked('hello')}0\r\n`,
    `${chunked('hello').slice(0, -4)}`,
  ])
    it(`that breaks off is not whole: ${JSON.stringify(text.slice(-20))}`, () => {
      expect(readingOf([text], true).wasWhole).to.equal(false)
    })

  for (const { title, text } of [
    { title: 'another protocol', text: 'SSH-2.0-OpenSSH\r\n\r\n' },
    { title: 'HTTP/2', text: 'HTTP/2 200\r\n\r\n' },
    { title: 'a chunk without a length', text: `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n` },
    {
      title: 'a chunk longer than it says',
      text: `${HEAD}transfer-encoding: chunked\r\n\r\n2\r\nabcd\r\n`,
    },
    { title: 'a head without an end', text: `${HEAD}x: ${'y'.repeat(70_000)}` },
    {
      title: 'a chunk’s size without an end',
      text: `${HEAD}transfer-encoding: chunked\r\n\r\n1;${'y'.repeat(70_000)}`,
    },
  ])
    it(`is refused: ${title}`, () => {
      expect(() => readingOf([text])).to.throw(/can't be read/)
    })
})
