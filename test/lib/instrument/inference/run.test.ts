import { expect } from 'chai'
import type { InferencePlan } from '../../../../src/lib/instrument/inference/plan.js'
import type { LoadPlan } from '../../../../src/lib/instrument/load/plan.js'
import { benchInference } from '../../../support/inference-bench.js'
import { SimulatorHost } from '../../../support/simulators.js'

const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })
const QUICK = { ttftMs: constant(5), itlMs: constant(1) }
const constantRate = (ratePerSecond: number): LoadPlan => ({
  ...{ kind: 'rate', ratePerSecond, arrival: 'constant', burstiness: 1, maxInFlight: null },
})
const ENDLESS: Partial<InferencePlan> = { numPrompts: 100_000, durationMs: 60_000 }

describe('a run against the simulator', function () {
  let host: SimulatorHost
  before(() => (host = new SimulatorHost()))
  after(() => host.end())

  describe('that ends before its time', () => {
    it('since the server died: says so, after it has written what was measured', async () => {
      const simulator = await host.start(QUICK)
      const { result, error, rows } = await benchInference(simulator.url, ENDLESS, {
        on: (event) => void (event.type === 'sample' && event.done > 20 && void simulator.close()),
      })
      expect(error).to.include({ exitCode: 7, code: 'AIB_SERVER_LOST' })
      expect(error!.evidence).to.match(/refused \d+/)
      expect(result.complete).to.equal(false)
      expect(result.requests.ok).to.be.above(20)
      expect(rows.filter((row) => row.error === undefined)).to.have.length(result.requests.ok)
    })

    for (const [title, load] of [
      ['a closed loop', { kind: 'concurrency', concurrency: 4 }],
      ['an open loop', constantRate(200)],
      ['an open loop with a limit', { ...constantRate(1_000), maxInFlight: 2 } as LoadPlan],
    ] as const)
      it(`since it was told to, in ${title}: what was measured is there`, async () => {
        await using simulator = await host.start({ ...QUICK, itlMs: constant(15) })
        const { result, error, rows } = await benchInference(
          simulator.url,
          { ...ENDLESS, load },
          { on: (event, stop) => void (event.type === 'sample' && event.done > 4 && stop()) },
        )
        expect(error).to.equal(undefined)
        expect(result.complete).to.equal(false)
        expect(result.requests.ok).to.be.above(4)
        expect(rows).to.have.length(result.requests.ok)
        expect(result.errors, 'what was under way is no failure of the server').to.deep.equal([])
      })
  })

  describe('beside the server’s own figures', () => {
    it('is reconciled, warm-up and first requests aside', async () => {
      await using simulator = await host.start(QUICK)
      const { result } = await benchInference(simulator.url, {
        ...{ repeats: 2, warmup: { requests: 5, durationMs: null } },
      })
      const { check } = result.server
      expect(check).to.include({ verdict: 'reconciled', unavailable: null, preemptions: 0 })
      expect(check.findings).to.deep.equal([])
      expect(check.requests).to.deep.equal({ client: 40, server: 40, difference: 0 })
      expect(check.outputTokens).to.deep.equal({ client: 320, server: 320, difference: 0 })
      expect(check.inputTokens!.difference).to.equal(0)
      expect(check.ttftMs!.difference).to.be.at.least(0)
      expect(check.decodeMs).to.be.above(0)
      expect(result.product.version).to.equal('0.32.0')
    })

    it('is not when somebody else sends requests meanwhile', async () => {
      await using simulator = await host.start(QUICK)
      const body = { model: 'simulated', max_tokens: 4, messages: [{ role: 'user', content: 'x' }] }
      const intrude = () =>
        fetch(`${simulator.url}/v1/chat/completions`, {
          ...{ method: 'POST', body: JSON.stringify(body) },
          headers: { 'content-type': 'application/json' },
        })
      const { result } = await benchInference(
        simulator.url,
        { load: constantRate(50) },
        {
          on: (event) =>
            void (
              event.type === 'phase' &&
              event.phase === 'requests' &&
              setTimeout(() => void intrude(), 100)
            ),
        },
      )
      expect(result.server.check).to.include({ verdict: 'unreconciled' })
      expect(result.server.check.findings.join()).to.match(/completed 21 requests, the client 20/)
    })

    it('tells prompts of an earlier run by the prefix cache', async () => {
      await using simulator = await host.start(QUICK)
      const plan: Partial<InferencePlan> = {
        endpoint: 'completions',
        dataset: { kind: 'random', inputTokens: 64, outputTokens: 4, vocabulary: 4_000 },
      }
      const shares = []
      for (const salt of ['once', 'once', null]) {
        const { result } = await benchInference(simulator.url, { ...plan, salt })
        shares.push(result.server.check.prefixCacheHitShare)
        const findings = result.server.check.findings.join()
        expect(findings).to.match(shares.length === 2 ? /prefix cache/ : /^$/)
      }
      // Of four blocks the last is always computed.
      expect(shares).to.deep.equal([0, 0.75, 0])
    })
  })

  it('judges goodput over all that were issued, and thresholds by what was measured', async () => {
    await using simulator = await host.start({
      ...{ ttftMs: constant(20), itlMs: constant(2) },
      faults: [
        { kind: 'http_500', share: 0.2, from: 1 },
        { kind: 'slow_accept', share: 0.3, from: 1, delayMs: 2_500 },
      ],
    })
    const { result } = await benchInference(simulator.url, {
      ...{
        numPrompts: 40,
        goodput: 'ttft<2s,tpot<1s',
        load: { kind: 'concurrency', concurrency: 8 },
      },
      slo: ['ttft_p50<2s', 'ttft_p99<2s', 'errors<=8', 'errors<8', 'goodput_share>=0.5'],
    })
    expect(result.requests).to.include({ issued: 40, ok: 32, failed: 8 })
    expect(result.goodput).to.include({ good: 20, shareOfIssued: 0.5 })
    expect(result.goodput!.perSecond).to.be.closeTo(
      20 / (result.throughput.durationMs / 1000),
      0.001,
    )
    expect(result.thresholds.map(({ met }) => met)).to.deep.equal([true, false, true, false, true])
  })

  it('gives the spread over its repeats, and how sure the mean is', async () => {
    await using simulator = await host.start({
      ttftMs: { kind: 'normal', meanMs: 30, sd: 6 },
      itlMs: constant(1),
    })
    const { result } = await benchInference(simulator.url, { repeats: 3, numPrompts: 24 })
    expect(result.repeats.ttftP50Ms).to.include({ n: 3 })
    expect(result.repeats.outputTokensPerSecond.stdev).to.be.above(0)
    const { n, mean, ci95 } = result.metrics.ttftMs
    expect(n).to.equal(72)
    expect(ci95![0]).to.be.below(mean!)
    expect(ci95![1]).to.be.above(mean!)
    expect(result.metrics.ttftMs.p99Reliable).to.equal(false)
  })
})
