import { expect } from 'chai'
import type { LoadPlan } from '../../src/lib/instrument/load/plan.js'
import { benchInference } from '../support/inference-bench.js'
import { SimulatorHost } from '../support/simulators.js'
import { timed } from '../support/timed.js'

const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })
const QUICK = { ttftMs: constant(5), itlMs: constant(1) }
const constantRate = (ratePerSecond: number): LoadPlan => ({
  ...{ kind: 'rate', ratePerSecond, arrival: 'constant', burstiness: 1, maxInFlight: null },
})

describe('a run against the simulator, by the clock', () => {
  let host: SimulatorHost
  before(() => (host = new SimulatorHost()))
  after(() => host.end())

  timed('finds the highest rate that the server keeps up with', async () => {
    // Four at a time, each 40 ms: a hundred a second.
    await using simulator = await host.start({
      slots: 4,
      ttftMs: constant(30),
      itlMs: constant(10),
    })
    const { result } = await benchInference(simulator.url, {
      ...{ findMaxRate: true, load: constantRate(40), numPrompts: 2_000, slo: ['ttft_p50<50ms'] },
      durationMs: 1_200,
      dataset: { kind: 'random', inputTokens: 40, outputTokens: 2, vocabulary: 4_000 },
      warmup: { requests: 3, durationMs: null },
    })
    const { maxRatePerSecond, steps } = result.search!
    expect(maxRatePerSecond).to.be.within(60, 125)
    expect(steps.map(({ ratePerSecond }) => ratePerSecond).slice(0, 2)).to.deep.equal([40, 80])
    expect(steps.some(({ met }) => !met)).to.equal(true)
    // All steps together are what the server has counted, and no step has prompts of another or of the warm-up.
    expect(result.server.check).to.include({ verdict: 'reconciled', prefixCacheHitShare: 0 })
    expect(result.requests.issued).to.be.within(40, 150)
  })

  timed('has a window without start and drain, and its figures', async () => {
    await using simulator = await host.start({ ttftMs: constant(50), itlMs: constant(10) })
    const { result } = await benchInference(simulator.url, {
      load: constantRate(100),
      numPrompts: 80,
    })
    const { fromMs, toMs, metrics, throughput } = result.steady!
    // From the first answer on, 120 ms, to the last send.
    expect(fromMs).to.be.within(115, 250)
    expect(toMs).to.be.within(785, 900)
    expect(metrics.ttftMs.n).to.be.within(30, 70)
    expect(throughput.requestsPerSecond).to.be.within(80, 120)
    expect(throughput.requestsPerSecond).to.be.above(result.throughput.requestsPerSecond)
    expect(throughput.meanConcurrency).to.be.closeTo(12, 3)
  })

  timed('is on time from its first request on, however long its prompts take to make', async () => {
    await using simulator = await host.start({ ...QUICK, maxModelLen: 100_000 })
    const { rows } = await benchInference(simulator.url, {
      endpoint: 'completions',
      ...{ load: constantRate(200), numPrompts: 400, durationMs: 1_000 },
      dataset: { kind: 'random', inputTokens: 8_192, outputTokens: 2, vocabulary: 4_000 },
    })
    const lags = rows.slice(0, 12).map(({ sentMs, dueMs }) => sentMs - dueMs!)
    // To make 200 of them takes an eighth of a second and more.
    expect(lags.sort((a, b) => a - b)[6]).to.be.below(40)
  })

  timed('takes no longer for its answers than the server says', async () => {
    await using simulator = await host.start(QUICK)
    const { check } = (await benchInference(simulator.url, { repeats: 2 })).result.server
    expect(check.ttftMs!.difference).to.be.within(0, 10)
    expect(check.decodeMs).to.be.closeTo(7, 4)
  })
})
