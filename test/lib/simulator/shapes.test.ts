import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { ask, parsed, quickSimulator, textOf, usageOf } from '../../support/sse-client.js'

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/vllm/${name}`, import.meta.url), 'utf8')
const eventsOf = (name: string) =>
  fixture(name)
    .split('\n\n')
    .filter(Boolean)
    .map((event) => event.replace(/^data: /, ''))

/** Keys in their order, constants, and kinds of what differs from answer to answer. */
function shapeOf(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => shapeOf(one))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([name, one]) => [name, shapeOf(one, name)])
  const isConstant = value === null || ['object', 'finish_reason', 'role', 'index'].includes(key)
  if (isConstant) return value
  return value === '' ? 'empty' : typeof value
}
const shapesOf = (events: readonly string[]) =>
  events.map((event) => (event === '[DONE]' ? event : shapeOf(JSON.parse(event))))

describe('the simulator’s shapes', () => {
  const choice = ['Positive', 'Negative']
  const schema = {
    type: 'object',
    properties: { a: { type: 'integer' } },
    required: ['a'],
  }
  for (const { title, file, endpoint, body } of [
    {
      title: 'completions',
      file: 'completions_stream.sse',
      endpoint: 'complete',
      body: { max_tokens: 6 },
    },
    { title: 'chat', file: 'chat_stream.sse', endpoint: 'chat', body: { max_tokens: 3 } },
    {
      title: 'completions with continuous usage',
      file: 'completions_stream_continuous.sse',
      endpoint: 'complete',
      body: {
        max_tokens: 3,
        stream_options: { include_usage: true, continuous_usage_stats: true },
      },
    },
    {
      title: 'chat with continuous usage',
      file: 'chat_stream_continuous.sse',
      endpoint: 'chat',
      body: {
        max_tokens: 5,
        stream_options: { include_usage: true, continuous_usage_stats: true },
      },
    },
    {
      title: 'completions that end by themselves',
      file: 'completions_stream_stop.sse',
      endpoint: 'complete',
      body: { max_tokens: 30, structured_outputs: { choice } },
    },
    {
      title: 'chat without usage that ends by itself',
      file: 'chat_stream_stop.sse',
      endpoint: 'chat',
      body: {
        max_tokens: 60,
        stream_options: null,
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
      },
    },
  ] as const)
    it(`${title}: are those of a real stream`, async () => {
      await using simulator = await quickSimulator()
      const { events, headers } = await simulator[endpoint](body)
      const real = shapesOf(eventsOf(file))
      const ours = shapesOf(events)
      expect(headers['content-type']).to.equal('text/event-stream; charset=utf-8')
      expect(fixture('completions_stream.headers')).to.include(
        `content-type: ${headers['content-type'] as string}`,
      )
      // A structured answer has as many tokens as it likes; its last events are what is compared.
      const length = file.includes('_stop') ? 3 : real.length
      if (!file.includes('_stop')) expect(ours).to.have.length(real.length)
      expect(ours[0]).to.deep.equal(real[0])
      expect(ours.slice(-length)).to.deep.equal(real.slice(-length))
    })

  it('all-empty text: is a stream like the real one', async () => {
    await using simulator = await quickSimulator({ faults: [{ kind: 'empty_text', share: 1 }] })
    const { events } = await simulator.complete({ max_tokens: 4 })
    expect(shapesOf(events)).to.deep.equal(shapesOf(eventsOf('empty_text_stream.sse')))
  })

  for (const endpoint of ['chat', 'completions'] as const)
    it(`a refused schema: is an error in the stream of ${endpoint}, a 400 otherwise`, async () => {
      await using simulator = await quickSimulator()
      const send = endpoint === 'chat' ? simulator.chat : simulator.complete
      const body = { structured_outputs: { json: { type: 'nonsense' } } }
      const { body: text } = await send(body)
      expect(text).to.equal(fixture(`instream_error_${endpoint}.sse`))
      const whole = await send({ ...body, stream: false, stream_options: null })
      expect(whole.status).to.equal(400)
      expect(JSON.parse(whole.body)).to.deep.include({
        error: {
          message: 'Grammar error: Invalid type: nonsense',
          type: 'BadRequestError',
          param: null,
          code: 400,
        },
      })
    })

  for (const { file, endpoint } of [
    { file: 'completion.json', endpoint: 'complete' },
    { file: 'chat.json', endpoint: 'chat' },
  ] as const)
    it(`${file}: is an answer in one piece`, async () => {
      await using simulator = await quickSimulator()
      const { body } = await simulator[endpoint]({ stream: false, stream_options: null })
      expect(shapeOf(JSON.parse(body))).to.deep.equal(shapeOf(JSON.parse(fixture(file))))
    })

  it('refusals: have the status and the body of the real ones', async () => {
    await using simulator = await quickSimulator({ model: 'tiny', maxModelLen: 2048 })
    const real = JSON.parse(fixture('refusals.json')) as Record<
      string,
      { status: number; body: { error?: { param: string } } }
    >
    const plain = { stream: false, stream_options: null }
    const ours = {
      nf: await ask(`${simulator.url}/nope`),
      mna: await ask(`${simulator.url}/v1/completions`),
      nomodel: await simulator.chat({ ...plain, model: 'x' }),
      missing: await simulator.chat({ ...plain, messages: undefined }),
      mt0: await simulator.complete({ ...plain, max_tokens: 0 }),
      so: await simulator.complete({ stream: false }),
      long: await simulator.complete({ ...plain, prompt: Array.from({ length: 2100 }, () => 7) }),
    }
    for (const [name, { status, body }] of Object.entries(ours)) {
      expect(status, name).to.equal(real[name].status)
      const { error } = JSON.parse(body) as { error?: { param: string } }
      expect(shapeOf(JSON.parse(body)), name).to.deep.equal(shapeOf(real[name].body))
      expect(error?.param, name).to.equal(real[name].body.error?.param)
    }
  })

  it('the request’s own id is the answer’s', async () => {
    await using simulator = await quickSimulator()
    const { events } = await simulator.chat({}, { headers: { 'x-request-id': 'mine' } })
    expect(JSON.parse(events[0])).to.include({ id: 'chatcmpl-mine' })
    expect(simulator.truth()[0].id).to.equal('mine')
  })

  it('reasoning: comes in a channel of its own, named as the version names it', async () => {
    for (const [version, field] of [
      ['0.32.0', 'reasoning'],
      ['0.10.2', 'reasoning_content'],
    ]) {
      await using simulator = await quickSimulator({ reasoningTokens: 3, version })
      const { events } = await simulator.chat()
      const thinking = parsed(events).filter(({ choices: [one] }) => field in (one?.delta ?? {}))
      expect(thinking).to.have.length(3)
      expect(textOf(events).trim().split(' ')).to.have.length(5)
    }
  })
})

describe('the simulator’s limits', () => {
  const lengthOf = async (options: object, body: object) => {
    await using simulator = await quickSimulator({
      itlMs: { kind: 'constant', meanMs: 0 },
      ...options,
    })
    return usageOf((await simulator.complete(body)).events)
  }

  it('16 tokens for completions, the rest of the context for chat', async () => {
    expect(await lengthOf({}, { max_tokens: undefined })).to.equal(16)
    await using simulator = await quickSimulator({ maxModelLen: 60 })
    const { events } = await simulator.chat({ max_tokens: undefined })
    expect(parsed(events).at(-1)?.usage?.total_tokens).to.equal(60)
  })

  it('a silent cut where the context ends', async () => {
    expect(
      await lengthOf(
        { maxModelLen: 100 },
        { prompt: Array.from({ length: 90 }, () => 1), max_tokens: 50 },
      ),
    ).to.equal(10)
  })

  it('an end of its own unless that is ignored', async () => {
    expect(await lengthOf({ stopAfterTokens: 5 }, {})).to.equal(5)
    expect(await lengthOf({ stopAfterTokens: 5 }, { ignore_eos: true })).to.equal(8)
  })

  it('the same seed says the same', async () => {
    const said = async (seed: number) => {
      await using simulator = await quickSimulator({ seed })
      return textOf((await simulator.complete()).events)
    }
    expect(await said(1))
      .to.equal(await said(1))
      .and.not.equal(await said(2))
  })
})
