import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { PrefixCache } from '../../../src/lib/simulator/prefix-cache.js'
import { ask, quickSimulator } from '../../support/sse-client.js'

const REAL = readFileSync(new URL('../../fixtures/vllm/metrics.txt', import.meta.url), 'utf8')

/** `vllm:` names with their labels in the order of the alphabet. */
function samplesOf(text: string): Map<string, number> {
  const rows = [...text.matchAll(/^vllm:(\w+)\{(.*)\} (\S+)$/gm)]
  return new Map(
    rows.map(([, name, labels, value]) => {
      const rest = labels.split(',').filter((label) => !/^(engine|model_name)=/.test(label))
      return [[name, ...rest.sort()].join(' '), Number(value)]
    }),
  )
}

describe('the simulator’s metrics', () => {
  it('have the names, types, labels and bounds of the real ones', async () => {
    await using simulator = await quickSimulator()
    const { body, headers } = await ask(`${simulator.url}/metrics`)
    expect(headers['content-type']).to.match(/^text\/plain/)
    expect([...samplesOf(body).keys()].sort()).to.deep.equal([...samplesOf(REAL).keys()].sort())
    const types = (text: string) =>
      [...text.matchAll(/^# TYPE (vllm:.*)$/gm)].map(([, type]) => type)
    expect(types(body).sort()).to.deep.equal(types(REAL).sort())
  })

  it('add up to the truth', async () => {
    await using simulator = await quickSimulator({
      slots: 2,
      stopAfterTokens: 6,
      faults: [
        { kind: 'http_500', indices: [0] },
        { kind: 'abort', indices: [1] },
        { kind: 'stream_error', indices: [2] },
        { kind: 'no_done', indices: [3] },
      ],
    })
    for (const n of [0, 1, 2, 3, 4, 5, 6, 7])
      await (n % 2 ? simulator.complete({ ignore_eos: true }) : simulator.chat())
    await Promise.all([simulator.complete(), simulator.complete(), simulator.complete()])
    const truth = simulator.truth()
    const sum = (of: (record: (typeof truth)[number]) => number) =>
      truth.reduce((total, record) => total + of(record), 0)
    const found = samplesOf((await ask(`${simulator.url}/metrics`)).body)
    const get = (name: string) => found.get(name)!
    expect(get('generation_tokens_total')).to.equal(sum(({ outputTokens }) => outputTokens))
    expect(get('prompt_tokens_total')).to.equal(
      sum(({ promptTokens, fault }) => (fault === 'http_500' ? 0 : promptTokens)),
    )
    const ended = ['stop', 'length', 'abort', 'error'].map((reason) =>
      get(`request_success_total finished_reason="${reason}"`),
    )
    expect(ended).to.deep.equal([5, 3, 1, 1])
    const ran = truth.filter(({ queuedMs }) => queuedMs !== null)
    expect(get('e2e_request_latency_seconds_count')).to.equal(10)
    expect(get('time_to_first_token_seconds_sum')).to.be.closeTo(
      ran.reduce(
        (total, { receivedMs, tokensSentAtMs: [first] }) => total + first - receivedMs,
        0,
      ) / 1000,
      1e-6,
    )
    expect(get('request_queue_time_seconds_sum')).to.be.closeTo(
      sum(({ queuedMs }) => queuedMs ?? 0) / 1000,
      1e-6,
    )
    expect(get('request_queue_time_seconds_sum')).to.be.greaterThan(0.005)
    expect(get('request_decode_time_seconds_sum')).to.be.closeTo(
      get('inter_token_latency_seconds_sum'),
      1e-6,
    )
    expect(get('e2e_request_latency_seconds_bucket le="+Inf"')).to.equal(10)
  })

  it('show what runs and what waits', async () => {
    await using simulator = await quickSimulator({
      slots: 2,
      ttftMs: { kind: 'constant', meanMs: 600 },
    })
    const all = Promise.all([0, 1, 2, 3, 4].map(() => simulator.complete()))
    await sleep(200)
    const found = samplesOf((await ask(`${simulator.url}/metrics`)).body)
    expect(found.get('num_requests_running')).to.equal(2)
    expect(found.get('num_requests_waiting')).to.equal(3)
    expect(found.get('kv_cache_usage_perc')).to.be.greaterThan(0)
    await all
    const after = samplesOf((await ask(`${simulator.url}/metrics`)).body)
    expect([after.get('num_requests_running'), after.get('num_requests_waiting')]).to.deep.equal([
      0, 0,
    ])
  })

  it('count a client that went away by its tokens only', async () => {
    await using simulator = await quickSimulator({ itlMs: { kind: 'constant', meanMs: 5000 } })
    await simulator.complete({}, { patienceMs: 200 })
    await sleep(50)
    const found = samplesOf((await ask(`${simulator.url}/metrics`)).body)
    expect(found.get('num_requests_running')).to.equal(0)
    expect(found.get('request_success_total finished_reason="abort"')).to.equal(0)
    expect(found.get('generation_tokens_total')).to.equal(simulator.truth()[0].outputTokens)
  })

  it('have old names in an old version', async () => {
    await using simulator = await quickSimulator({ version: '0.9.2' })
    const found = samplesOf((await ask(`${simulator.url}/metrics`)).body)
    expect(found).to.include.keys('gpu_cache_usage_perc', 'time_per_output_token_seconds_sum')
    expect(found).to.not.have.any.keys('kv_cache_usage_perc', 'inter_token_latency_seconds_sum')
  })

  it('tell a prompt that was seen before', async () => {
    await using simulator = await quickSimulator()
    const prompt = Array.from({ length: 40 }, (_, i) => i)
    await simulator.complete({ prompt })
    const hits = async () =>
      samplesOf((await ask(`${simulator.url}/metrics`)).body).get('prefix_cache_hits_total')
    expect(await hits()).to.equal(0)
    await simulator.complete({ prompt })
    expect(await hits()).to.equal(32)
    await simulator.complete({ prompt: [99, ...prompt] })
    expect(await hits()).to.equal(32)
  })
})

describe('a prefix cache', () => {
  const words = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `w${from + i}`)

  it('knows whole blocks from the beginning', () => {
    const cache = new PrefixCache()
    expect(cache.hits(words(50))).to.equal(0)
    expect(cache.hits(words(50))).to.equal(48)
    expect(cache.hits([...words(20), ...words(20, 100)])).to.equal(16)
    expect(cache.hits(words(50, 1))).to.equal(0)
  })

  it('never knows all: the last token must be computed', () => {
    const cache = new PrefixCache()
    cache.hits(words(32))
    expect(cache.hits(words(32))).to.equal(16)
  })
})
