import { expect } from 'chai'
import fc from 'fast-check'
import { ResponseStream } from '../../../../src/lib/instrument/inference/response-stream.js'

const EXPECTED = { keepsText: true, maxTokens: 8, finishReason: true }

/** Feeds pieces 10 ms apart, and ends the body. */
function ended(pieces: readonly string[], expected: Partial<typeof EXPECTED> = {}) {
  const stream = new ResponseStream()
  stream.begin({ ...EXPECTED, ...expected })
  pieces.forEach((piece, i) => {
    const bytes = Buffer.from(piece, 'latin1')
    if (!stream.isHopeless) stream.feed(bytes, 0, bytes.length, i * 10)
  })
  const error = stream.verdict()
  return { stream, error, class: error?.errorClass ?? 'ok' }
}

const event = (body: unknown) => `data: ${JSON.stringify(body)}\n\n`
const choice = (more: object, usage?: unknown) =>
  event({ choices: [{ index: 0, ...more }], ...(usage === undefined ? {} : { usage }) })
const word = (content: string, usage?: unknown) => choice({ delta: { content } }, usage)
const count = (tokens: unknown) => ({ prompt_tokens: 7, completion_tokens: tokens })
const end = (usage?: unknown) => choice({ delta: {}, finish_reason: 'length' }, usage)
const total = (tokens: unknown) => event({ choices: [], usage: count(tokens) })
const DONE = 'data: [DONE]\n\n'
const WORDS = ['a', 'b', 'c', 'd'].map((content) => word(content))
const WHOLE = [...WORDS, end(), total(4), DONE]

describe('a failure, in whatever form a server tells it', () => {
  for (const { title, form, says } of [
    {
      title: 'an error object',
      form: event({ error: { message: 'dead', code: 500 } }),
      says: '500: dead',
    },
    { title: 'a bare string', form: event({ error: 'Unauthorized' }), says: 'Unauthorized' },
    {
      title: 'an object of the kind error',
      form: event({ object: 'error', message: 'dead', code: 5 }),
      says: '5: dead',
    },
    {
      title: 'an event of the kind error',
      form: event({ type: 'error', error: { message: 'dead' } }),
      says: 'dead',
    },
    {
      title: 'a detail',
      form: event({ detail: 'Internal Server Error' }),
      says: 'Internal Server Error',
    },
    { title: 'a list of errors', form: event({ errors: [{ message: 'dead' }] }), says: 'dead' },
    {
      title: 'a flat object',
      form: event({ message: 'dead', type: 'internal_error' }),
      says: 'dead',
    },
    { title: 'a code and no words', form: event({ status: 503 }), says: '{"status":503}' },
    {
      title: 'an error inside of a choice',
      form: choice({ delta: {}, error: { message: 'dead' } }),
      says: 'dead',
    },
    {
      title: 'an error beside an empty choice',
      form: event({ choices: [], error: { message: 'dead' } }),
      says: 'dead',
    },
    {
      title: 'an error field',
      form: 'error: {"code":500,"message":"slot 3"}\n\n',
      says: '500: slot 3',
    },
    {
      title: 'an error field of plain words',
      form: 'error: slot 3 gave up\n\n',
      says: 'slot 3 gave up',
    },
    {
      title: 'an event named error',
      form: 'event: error\ndata: {"message":"dead"}\n\n',
      says: '{"message":"dead"}',
    },
    { title: 'an event named error, no JSON', form: 'event: error\ndata: dead\n\n', says: 'dead' },
    {
      title: 'an event named error, explained by a comment',
      form: 'event: error\n: worker\n: exited\n\n',
      says: 'worker exited',
    },
    { title: 'an event named error, and nothing else', form: 'event: error\n\n', says: 'error' },
    { title: 'bare JSON between events', form: '{"error":{"message":"dead"}}\n\n', says: 'dead' },
  ])
    for (const place of ['in the middle', 'at once'])
      it(`${title}, ${place}: stream_error with its words`, () => {
        const pieces = place === 'at once' ? [form, DONE] : [...WORDS.slice(0, 2), form, DONE]
        const { error } = ended(form.startsWith('{') ? pieces.slice(0, -1) : pieces)
        expect(error).to.include({ errorClass: 'stream_error' })
        expect(error!.message).to.be.oneOf([says, 'dead'])
      })

  it('breaks off with [DONE] and no finish_reason: truncated_stream', () => {
    expect(ended([...WORDS, DONE]).class).to.equal('truncated_stream')
    expect(ended([...WORDS, total(4), DONE]).class).to.equal('truncated_stream')
  })

  it('is [DONE] alone, or nothing: empty_stream', () => {
    for (const pieces of [[DONE], [], [': ping\n\n'], ['\n'], [event({}), DONE]])
      expect(ended(pieces).class).to.equal('empty_stream')
  })

  it('is a body that is no stream: its own words are kept', () => {
    const error = JSON.stringify({ error: { message: 'no', code: 500 } }, null, 2)
    expect(ended([error]).error).to.include({ errorClass: 'stream_error', message: '500: no' })
    const answer = ended([JSON.stringify({ choices: [{ message: { content: 'hi' } }] })])
    expect(answer.error).to.include({ errorClass: 'not_a_stream' })
    const page = ended(['<html>\n<title>Sign in</title>'])
    expect(page.error).to.include({ errorClass: 'empty_stream' })
    expect(page.error!.message).to.include('Sign in')
  })

  it('is one choice of several that never ended', () => {
    const two = (index: number, more: object) => event({ choices: [{ index, ...more }] })
    const begun = [two(0, { text: 'a' }), two(1, { text: 'b' }), two(0, { finish_reason: 'stop' })]
    expect(ended([...begun, DONE]).class).to.equal('truncated_stream')
    const both = [...begun, two(1, { finish_reason: 'stop' }), DONE]
    expect(ended(both)).to.include({ class: 'ok' })
    expect(ended(both).stream.text).to.equal('a')
    expect(ended([...begun, two(1, { finish_reason: 'abort' })]).class).to.equal('server_abort')
  })

  it('has no end: an event, an answer, tokens', () => {
    const megabyte = 'x'.repeat(1 << 20)
    expect(ended(['data: {"', ...Array<string>(5).fill(megabyte)])).to.include({
      class: 'oversized_answer',
    })
    const data = Array<string>(300).fill('data: ' + 'y'.repeat(1 << 14) + '\n')
    expect(ended(data)).to.include({ class: 'oversized_answer' })
    expect(ended(Array<string>(30).fill(`: ${megabyte}\n`)).class).to.equal('oversized_answer')
    const { stream, class: name } = ended(Array<string>(5_000).fill(word('a')))
    expect(name).to.equal('endless_answer')
    expect(stream.events).to.be.below(8 * EXPECTED.maxTokens + 300)
  })
})

describe('an answer that is whole', () => {
  const silent = [
    ...['data:\n\n', 'data: \n\n', 'data: null\n\n', 'data: {}\n\n', ': ping\n\n', '\n\n'],
    ...[
      event({ choices: null }),
      event({ choices: null, usage: null }),
      event({ choices: [null] }),
    ],
    ...[
      'event: ping\ndata: {"type":"ping"}\n\n',
      'event: heartbeat\ndata: x\n\n',
      'data: ping\n\n',
    ],
    ...['id: 7\nretry: 10\n\n', event({ error: null, choices: [] }), event({ id: 'x', usage: 7 })],
    ...[choice({ delta: null }), choice({ delta: {}, finish_reason: '' }), choice({ text: null })],
  ]
  for (const form of silent)
    it(`passes over ${JSON.stringify(form)}`, () => {
      const { stream, class: name } = ended([form, ...WORDS, form, end(), form, total(4), DONE])
      expect(name).to.equal('ok')
      expect(stream).to.include({ events: 4, completionTokens: 4, lastMs: 40 })
    })

  it('does not need [DONE], nor the empty line behind it', () => {
    expect(ended(WHOLE.slice(0, -1)).stream.isDone).to.equal(false)
    expect(ended(WHOLE.slice(0, -1)).class).to.equal('ok')
    for (const done of ['data: [DONE]\n', 'data: [DONE]', 'data:[DONE]\r\n']) {
      const { stream, class: name } = ended([...WHOLE.slice(0, -1), done])
      expect([name, stream.isDone]).to.deep.equal(['ok', true])
    }
    const open = ended([...WORDS, end().trimEnd()])
    expect(open.class).to.equal('ok')
    expect(ended([...WORDS, 'data: {"choices":[{"ind']).class).to.equal('truncated_stream')
  })

  it('may have its events one line feed apart, each with its own time', () => {
    const { stream, class: name } = ended(WHOLE.map((one) => one.replace('\n\n', '\n')))
    expect(name).to.equal('ok')
    expect(stream).to.include({
      events: 4,
      firstMs: 0,
      lastMs: 30,
      completionTokens: 4,
      text: 'abcd',
    })
  })

  it('may have one event in several data lines, and a byte order mark', () => {
    const lines = JSON.stringify(JSON.parse(word('z').slice(6)), null, 1).replaceAll(
      /^/gm,
      'data: ',
    )
    const { stream, class: name } = ended(['\xef\xbb\xbf', `${lines}\n\n`, end(), DONE])
    expect([name, stream.text]).to.deep.equal(['ok', 'z'])
  })

  it('may have its text in a list, in another channel, or in a function call', () => {
    for (const [delta, text] of [
      [{ content: [{ type: 'text', text: 'x' }] }, 'x'],
      [{ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'x' }] }] }, ''],
      [{ thinking: 'x' }, ''],
      [{ function_call: { name: 'f', arguments: 'x' } }, ''],
    ] as const) {
      const { stream, class: name } = ended([choice({ delta }), end(), DONE])
      expect([name, stream.events, stream.text]).to.deep.equal(['ok', 1, text])
    }
  })

  it('of a server that never sends a finish_reason is shown by [DONE] behind all tokens, or behind usage', () => {
    const never = { finishReason: false, maxTokens: 4 }
    expect(ended([...WORDS, DONE], never).class).to.equal('ok')
    expect(ended([...WORDS.slice(1), total(3), DONE], never).class).to.equal('ok')
    expect(ended([...WORDS.slice(1), DONE], never).class).to.equal('truncated_stream')
    expect(ended(WORDS, never).class).to.equal('truncated_stream')
  })
})

describe('the server’s count of tokens', () => {
  /** Times and tokens of an answer of four words, 10 ms apart. */
  const isPlain = ({ stream }: ReturnType<typeof ended>) =>
    expect(stream).to.include({
      ...{ events: 4, firstMs: 0, lastMs: 30, completionTokens: 4, hasOddCount: false },
    })

  it('that comes behind the last text is no token and no time, wherever it stands', () => {
    isPlain(ended([...WORDS, end(count(4)), DONE]))
    isPlain(ended([...WORDS, end(), choice({ delta: {} }, count(4)), DONE]))
    isPlain(ended([...WORDS, end(), total(4), DONE]))
    isPlain(ended([word('a', null), ...WORDS.slice(1), end(count(4))]))
    const continuous = WORDS.map((_, i) => word('x', count(i + 1)))
    isPlain(ended([...continuous, end(count(4)), total(4), DONE]))
    // It counted the first, and then no more until the end.
    isPlain(ended([continuous[0], ...WORDS.slice(1), end(count(4)), DONE]))
  })

  it('that rises with an event without text is a token: special ones have none', () => {
    const counted = [1, 2, 3].map((tokens) => word(tokens === 2 ? '' : 'x', count(tokens)))
    const { stream } = ended([...counted, end(count(4)), DONE])
    expect(stream).to.include({ events: 4, lastMs: 30, hasContinuousUsage: true })
  })

  for (const [title, usage] of [
    ['below the events with text', 3],
    ['zero beside text', 0],
    ['negative', -7],
    ['beyond all that was asked for', 1e15],
    ['no number', 'many'],
    ['broken', 2.5],
    ['endless', 1e308],
  ] as const)
    it(`that is ${title} is none`, () => {
      for (const pieces of [
        [...WORDS, end(), total(usage), DONE],
        [...WORDS, end(count(usage)), DONE],
        [...WORDS.map((_, i) => word('x', count(i === 0 ? 1 : usage))), end(), DONE],
      ]) {
        const { stream, class: name } = ended(pieces)
        expect(name).to.equal('ok')
        expect(stream).to.include({ events: 4, completionTokens: -1, hasOddCount: true })
        expect(stream).to.include({ hasContinuousUsage: false, lastMs: 30 })
      }
    })
})

describe('any bytes whatever', () => {
  /** What servers send, in pieces that may come in any order. */
  const pieces = fc.oneof(
    fc.constantFrom(
      ...WHOLE,
      'data: ',
      'data',
      'error: ',
      'event: error\n',
      '\n',
      '\r',
      '\r\n',
      ':',
      '{',
    ),
    fc.constantFrom(
      '[DONE]',
      '"content":"',
      '"usage":{"completion_tokens":1e308}',
      '\xff\xfe',
      '\0',
    ),
    fc.json().map((json) => `data: ${json}\n\n`),
    fc
      .record({ choices: fc.anything(), usage: fc.anything(), error: fc.anything() })
      .map((body) => {
        try {
          return event(body)
        } catch {
          return 'data: {}\n\n'
        }
      }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  )

  it('give each answer one class, and no exception, wherever they were cut', () => {
    const cuts = fc.array(fc.nat(2_000), { maxLength: 6 })
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), cuts, (parts, at) => {
        const text = parts.join('')
        const places = [...new Set([0, ...at.map((n) => n % (text.length + 1)), text.length])]
        places.sort((a, b) => a - b)
        const { class: name, stream } = ended(
          places.slice(1).map((to, i) => text.slice(places[i], to)),
        )
        expect(name).to.match(
          /^(ok|stream_error|malformed_event|truncated_stream|empty_stream|not_a_stream|server_abort)$/,
        )
        if (name === 'ok') expect(stream.events + stream.completionTokens).to.be.at.least(0)
        expect(stream.completionTokens).to.be.within(-1, 8 * 8 + 256)
        expect(name, 'cut or not').to.equal(ended([text]).class)
      }),
      { numRuns: 600 },
    )
  })
})
