import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { ResponseStream } from '../../../../src/lib/instrument/inference/response-stream.js'
import { addGaps } from '../../../../src/lib/instrument/inference/gaps.js'
import { LogHistogram } from '../../../../src/lib/instrument/measure/log-histogram.js'

/** A stream as a real vLLM sent it, without the head of the response where there is one. */
function sample(name: string): string {
  const path = new URL(`../../../fixtures/vllm/streams/${name}.sse`, import.meta.url)
  const text = readFileSync(path, 'utf8')
  return text.startsWith('HTTP/') ? text.slice(text.search(/\r?\n\r?\n/)).trimStart() : text
}

const EXPECTED = { keepsText: true, maxTokens: 100, finishReason: true }

/** Feeds pieces, a millisecond apart. */
function streamOf(pieces: readonly (string | Buffer)[]): ResponseStream {
  const stream = new ResponseStream()
  stream.begin(EXPECTED)
  pieces.forEach((piece, ms) => {
    const bytes = Buffer.from(piece as string)
    stream.feed(bytes, 0, bytes.length, ms)
  })
  return stream
}

const eventsOf = (text: string) => text.split(/(?<=\n\n)/).filter((part) => part !== '')

/** What must not depend on where the bytes were cut. */
const said = (stream: ResponseStream) => ({
  ...{ text: stream.text, tokens: stream.completionTokens, events: stream.events },
  ...{ finish: stream.finishReason, isDone: stream.isDone, prompt: stream.promptTokens },
  failure: stream.verdict()?.errorClass ?? null,
})

const delta = (content: object, more = '') =>
  `data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":${JSON.stringify(content)},"logprobs":null,"finish_reason":null}]${more}}\n\n`
const usage = (tokens: number) =>
  `,"usage":{"prompt_tokens":3,"total_tokens":${3 + tokens},"completion_tokens":${tokens}}`
const finish = (reason: string) =>
  `data: {"choices":[{"index":0,"delta":{},"finish_reason":"${reason}"}]}\n\n`
const total = (tokens: number) => `data: {"choices":[]${usage(tokens)}}\n\n`
const DONE = 'data: [DONE]\n\n'

describe('an answer of a real vLLM', () => {
  for (const { name, expected } of [
    { name: 'chat_stream', expected: { events: 3, tokens: 3, finish: 'length', failure: null } },
    { name: 'chat_stream_continuous', expected: { events: 5, tokens: 5, failure: null } },
    { name: 'completions_stream', expected: { finish: 'length', failure: null } },
    { name: 'empty_text_stream', expected: { events: 0, tokens: 4, failure: null, text: '' } },
    { name: 'instream_error_chat', expected: { failure: 'stream_error' } },
    { name: 'instream_error_completions', expected: { failure: 'stream_error' } },
    { name: 'sigterm_1', expected: { finish: 'abort', isDone: true, failure: 'server_abort' } },
  ])
    it(`${name}: is counted right, wherever the bytes were cut`, () => {
      const text = sample(name)
      const whole = said(streamOf([text]))
      expect(whole).to.deep.include(expected)
      expect(said(streamOf(eventsOf(text)))).to.deep.equal(whole)
      fc.assert(
        fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
          const at = [...new Set([0, ...cuts, text.length])].sort((a, b) => a - b)
          const pieces = at.slice(1).map((to, i) => text.slice(at[i], to))
          expect(said(streamOf(pieces))).to.deep.equal(whole)
        }),
        { numRuns: 60 },
      )
    })

  it('reads alike with any line ends, comments and fields between', () => {
    const text = sample('chat_stream_continuous')
    const whole = said(streamOf([text]))
    for (const end of ['\r\n', '\r'])
      expect(said(streamOf([text.replaceAll('\n', end)]))).to.deep.equal(whole)
    const noisy = text.replaceAll('data: ', ': ping\nevent: x\nid: 7\ndata:')
    expect(said(streamOf([noisy]))).to.deep.equal(whole)
  })
})

describe('the fast way of reading events', () => {
  /** Every event parsed: a reader that never sees two alike. */
  const slowly = (events: readonly string[]) => events.map((event) => `: no\n${event}`)

  it('gives what parsing gives, for any text', () => {
    const text = fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 12 })
    fc.assert(
      fc.property(text, fc.boolean(), (texts, isCounted) => {
        const events = texts.map((content, i) => delta({ content }, isCounted ? usage(i + 1) : ''))
        const all = [...events, finish('stop'), total(texts.length), DONE]
        expect(said(streamOf(all))).to.deep.equal(said(streamOf(slowly(all))))
        expect(streamOf(all).text).to.equal(Buffer.from(texts.join('')).toString())
      }),
    )
  })

  it('is not fooled by a text that looks like the rest of an event', () => {
    const tricky = '"},"finish_reason":null}],"usage":{"total_tokens":9,"completion_tokens":9}'
    const all = [delta({ content: 'a' }), delta({ content: tricky }), delta({ content: '\\"' })]
    expect(streamOf(all).text).to.equal(`a${tricky}\\"`)
  })

  it('sees at once when an event differs anywhere', () => {
    const stream = streamOf([
      ...[delta({ content: 'a' }), delta({ content: 'b' }), finish('length'), DONE],
    ])
    expect(said(stream)).to.include({ finish: 'length', text: 'ab', failure: null })
  })
})

describe('the times of an answer', () => {
  it('begin with the first text in any channel; a role, an empty delta and usage are no token', () => {
    const stream = streamOf([
      ...[delta({ role: 'assistant', content: '' }), delta({ content: '' })],
      ...[delta({ reasoning_content: 'hm' }), delta({ content: 'so' }), finish('stop')],
      ...[total(2), DONE],
    ])
    const { firstMs, firstAnswerMs, lastMs, events } = stream
    expect({ firstMs, firstAnswerMs, lastMs, events }).to.deep.equal({
      ...{ firstMs: 2, firstAnswerMs: 3, lastMs: 3, events: 2 },
    })
  })

  it('know how many tokens came with each event', () => {
    // Four tokens an event, 10 ms each: an event every 40 ms.
    const stream = new ResponseStream()
    stream.begin(EXPECTED)
    for (let i = 1; i <= 5; i++) {
      const bytes = Buffer.from(delta({ content: 'abcd' }, usage(i * 4)))
      stream.feed(bytes, 0, bytes.length, i * 40)
    }
    const [itl, chunkGap] = [new LogHistogram(), new LogHistogram()]
    addGaps(stream, itl, chunkGap)
    expect(stream.tokensAtFirst).to.equal(4)
    expect([itl.n, itl.mean]).to.deep.equal([16, 10])
    expect([chunkGap.n, chunkGap.mean]).to.deep.equal([4, 40])
  })

  it('leave ITL open when nobody counts the tokens of an event', () => {
    const stream = streamOf([delta({ content: 'ab' }), delta({ content: 'cd' }), total(4), DONE])
    const [itl, chunkGap] = [new LogHistogram(), new LogHistogram()]
    addGaps(stream, itl, chunkGap)
    expect([itl.n, chunkGap.n]).to.deep.equal([0, 1])
  })
})

describe('an answer that is not whole', () => {
  for (const { title, events, failure } of [
    { title: 'is empty', events: [DONE], failure: 'empty_stream' },
    { title: 'never began', events: [], failure: 'empty_stream' },
    { title: 'breaks off', events: [delta({ content: 'a' })], failure: 'truncated_stream' },
    {
      title: 'has [DONE] and no finish_reason',
      events: [delta({ content: 'a' }), DONE],
      failure: 'truncated_stream',
    },
    {
      title: 'holds what is no JSON',
      events: [delta({ content: 'a' }), 'data: {"choices":[{"ind\n\n', DONE],
      failure: 'malformed_event',
    },
    {
      title: 'holds an error',
      events: [delta({ content: 'a' }), 'data: {"error":{"message":"no","code":500}}\n\n', DONE],
      failure: 'stream_error',
    },
    {
      title: 'was given up',
      events: [delta({ content: 'a' }), finish('abort'), DONE],
      failure: 'server_abort',
    },
  ])
    it(`${title}: ${failure}`, () =>
      expect(streamOf(events).verdict()?.errorClass).to.equal(failure))

  it('without usage is whole all the same', () => {
    expect(streamOf([delta({ content: 'a' }), finish('stop'), DONE]).verdict()).to.equal(null)
  })
})
