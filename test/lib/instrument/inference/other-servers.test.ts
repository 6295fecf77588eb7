import { expect } from 'chai'
import { benchInference } from '../../../support/inference-bench.js'
import { plainServer, type Asked } from '../../../support/plain-server.js'

/** What was measured: without the first request, which finds out what the server understands. */
const measured = (asked: readonly Asked[]) => asked.filter(({ id }) => !id.endsWith('--1'))
const bodies = (asked: readonly Asked[]) => measured(asked).map(({ text }) => text)

describe('a server that is not vLLM', () => {
  for (const refusal of [400, 422])
    it(`refuses vLLM’s additions with ${refusal}: the run goes on without them`, async () => {
      await using server = await plainServer({ refusal })
      const { result } = await benchInference(server.url)
      expect(result.requests).to.include({ issued: 20, ok: 20, failed: 0 })
      for (const { body } of measured(server.asked)) {
        expect(body).to.not.have.property('ignore_eos')
        expect(body.stream_options).to.deep.equal({ include_usage: true })
      }
      expect(server.asked).to.have.length(22)
      expect(result.throughput).to.include({ outputTokens: 160, tokensFrom: 'usage' })
    })

  it('has neither /version nor /metrics: what could not be checked is said', async () => {
    await using server = await plainServer()
    const { result } = await benchInference(server.url)
    expect(result.workload.model).to.equal('plain')
    expect(result.product.version).to.equal(null)
    const { check } = result.server
    expect(check).to.include({ verdict: 'unknown', unavailable: '/metrics says 404' })
    expect(check).to.include({ requests: null, ttftMs: null, prefixCacheHitShare: null })
    expect(result.warnings.join()).to.match(/not compared with the server: .*404/)
  })

  it('takes the additions in silence, and has usage at the end only: ITL by one token an event', async () => {
    await using server = await plainServer()
    const { result } = await benchInference(server.url)
    expect(result.metrics.itlMs.n).to.equal(20 * 7)
    expect(result.throughput).to.include({ inputTokens: 140, tokensFrom: 'usage' })
  })
})

describe('the prompts of a run', () => {
  it('are other ones in every repeat, and none is sent twice', async () => {
    await using server = await plainServer()
    const { rows } = await benchInference(server.url, {
      ...{ repeats: 2, numPrompts: 10, warmup: { requests: 6, durationMs: null } },
    })
    expect(rows.map(({ repeat }) => repeat)).to.deep.equal(
      [...Array(20).keys()].map((i) => +(i > 9)),
    )
    expect(server.asked).to.have.length(1 + 6 + 20)
    expect(new Set(server.asked.map(({ text }) => text)).size).to.equal(27)
  })

  it('are other ones in every run, by its salt', async () => {
    await using server = await plainServer()
    await benchInference(server.url)
    await benchInference(server.url)
    const sent = bodies(server.asked)
    expect(sent).to.have.length(40)
    expect(new Set(sent).size).to.equal(40)
  })

  it('are the same bytes for the same seed and salt', async () => {
    await using server = await plainServer()
    const plan = { salt: 'fixed', load: { kind: 'concurrency', concurrency: 1 } as const }
    const hashes = []
    for (const seed of [7, 7, 8])
      hashes.push((await benchInference(server.url, { ...plan, seed })).result.workload)
    const sent = bodies(server.asked)
    expect(sent.slice(0, 20)).to.deep.equal(sent.slice(20, 40))
    expect(sent.slice(0, 20)).to.not.have.any.members(sent.slice(40))
    expect(hashes[0].scheduleHash).to.equal(hashes[1].scheduleHash)
    expect(hashes[0].scheduleHash).to.not.equal(hashes[2].scheduleHash)
    expect(hashes[0].datasetHash).to.equal(hashes[1].datasetHash)
  })
})
