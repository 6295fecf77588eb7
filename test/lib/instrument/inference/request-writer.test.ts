import { expect } from 'chai'
import type { Item } from '../../../../src/lib/instrument/inference/item.js'
import {
  ALL_FEATURES,
  RequestWriter,
  type WriterOptions,
} from '../../../../src/lib/instrument/inference/request-writer.js'

const ITEM: Item = {
  prompt: { kind: 'text', text: 'grüß dich 👋' },
  ...{ inputTokens: null, maxTokens: 9, ignoreEos: true, constraint: null, atMs: null },
}
const write = (change: Partial<WriterOptions> = {}, item: Partial<Item> = {}, isFree = false) => {
  const writer = new RequestWriter({
    ...{ url: new URL('http://host:81/base/'), headers: {}, trust: null },
    ...{ endpoint: 'chat', model: 'm' },
    ...{ temperature: 0, runId: 'ab', constraintFields: () => ({ guided: 1 }) },
    features: { ...ALL_FEATURES },
    ...change,
  })
  const bytes = writer.encode({ ...ITEM, ...item }, 7, !isFree)
  const at = bytes.indexOf('\r\n\r\n')
  const [first, ...lines] = bytes.toString('latin1', 0, at).split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => line.split(': ')))
  const payload = bytes.subarray(at + 4)
  expect(headers['content-length']).to.equal(String(payload.length))
  return { first, headers, body: JSON.parse(payload.toString()) as Record<string, unknown> }
}

describe('a request as it is sent', () => {
  it('is whole, in bytes and not in letters', () => {
    const { first, headers, body } = write()
    expect(first).to.equal('POST /base/v1/chat/completions HTTP/1.1')
    expect(headers).to.include({ host: 'host:81', 'x-request-id': 'ab-7' })
    expect(headers).to.not.have.property('authorization')
    expect(body).to.deep.equal({
      ...{ model: 'm', messages: [{ role: 'user', content: 'grüß dich 👋' }] },
      ...{ max_tokens: 9, temperature: 0, stream: true, ignore_eos: true },
      stream_options: { include_usage: true, continuous_usage_stats: true },
    })
  })

  it('carries the token, and no temperature that nobody gave', () => {
    const { headers, body } = write({ headers: { authorization: 'Bearer t' }, temperature: null })
    expect(headers.authorization).to.equal('Bearer t')
    expect(body).to.not.have.property('temperature')
  })

  it('keeps to what the server understands', () => {
    const features = { ...ALL_FEATURES, continuousUsage: false, ignoreEos: false }
    const { body } = write({ features })
    expect(body).to.not.have.property('ignore_eos')
    expect(body.stream_options).to.deep.equal({ include_usage: true })
  })

  it('of completions has a text, token ids, or a conversation written out', () => {
    const prompt = (item: Item['prompt']) => {
      const { first, body } = write({ endpoint: 'completions' }, { prompt: item })
      expect(first).to.include('/v1/completions ')
      return body.prompt
    }
    expect(prompt({ kind: 'text', text: 'x' })).to.equal('x')
    expect(prompt({ kind: 'tokens', ids: [5, 6] })).to.deep.equal([5, 6])
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ] as const
    expect(prompt({ kind: 'messages', messages })).to.equal('user: a\n\nassistant: b')
    expect(() => write({}, { prompt: { kind: 'tokens', ids: [1] } })).to.throw(/completions/)
  })

  it('has its constraint, and goes on to its end only without it', () => {
    const constraint = { kind: 'regex', pattern: 'a' } as const
    expect(write({}, { constraint }).body)
      .to.include({ guided: 1 })
      .and.not.have.property('ignore_eos')
    expect(write({}, { constraint }, true).body).to.not.have.property('guided')
  })
})
