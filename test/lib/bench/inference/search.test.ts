import { expect } from 'chai'
import { findMaxRate } from '../../../../src/lib/bench/inference/search.js'
import { distributionWith, inferenceResult } from '../../../support/inference-result.js'

/** A server that keeps its threshold up to so many requests a second. */
const serverOf = (
  most: number,
  change: { saturatedFrom?: number; failsFrom?: number; backlog?: number } = {},
) => {
  const { saturatedFrom = Infinity, failsFrom = Infinity, backlog = 1 } = change
  return (rate: number) => {
    const base = inferenceResult()
    const result = {
      ...base,
      requests: { issued: 100, ok: 100, failed: rate >= failsFrom ? 1 : 0, dropped: 0 },
      metrics: { ...base.metrics, ttftMs: distributionWith(50, { p99: rate <= most ? 80 : 900 }) },
      throughput: { ...base.throughput, requestsPerSecond: rate },
      instrument: { ...base.instrument, saturated: rate >= saturatedFrom },
    }
    const scheduledMs = 10_000
    const lastAnswersMs = result.metrics.e2eMs.p99 ?? 0
    return Promise.resolve({ result, scheduledMs, wallMs: scheduledMs * backlog + lastAnswersMs })
  }
}
const search = (attempt: ReturnType<typeof serverOf>, first = 4) =>
  findMaxRate(first, ['ttft_p99<100ms'], attempt, () => false)

describe('the search for the highest rate', () => {
  for (const most of [0.3, 1, 4, 17, 33.3, 250])
    it(`finds ${most}/s from below, within a twentieth`, async () => {
      const { best, steps } = await search(serverOf(most))
      expect(best!.ratePerSecond).to.be.within(most / 1.05, most)
      expect(steps.length).to.be.below(14)
      for (const { ratePerSecond, met } of steps) expect(met).to.equal(ratePerSecond <= most)
    })

  it('stops where the instrument is the limit, and says which steps do not count', async () => {
    const { best, steps } = await search(serverOf(1_000, { saturatedFrom: 60 }))
    expect(best!.ratePerSecond).to.be.within(60 / 1.05, 60)
    expect(steps.find(({ ratePerSecond }) => ratePerSecond >= 60)).to.include({
      met: true,
      valid: false,
    })
  })

  it('takes no rate at which a request failed, or the server did not keep up', async () => {
    expect((await search(serverOf(1_000, { failsFrom: 20 }))).best!.ratePerSecond).to.be.below(20)
    expect((await search(serverOf(1_000, { backlog: 1.5 }))).best).to.equal(null)
  })

  it('gives up after some steps where nothing holds, and shows the last', async () => {
    const { best, last, steps } = await search(serverOf(0))
    expect(best).to.equal(null)
    expect(steps).to.have.length(14)
    expect(last!.ratePerSecond).to.equal(4 / 2 ** 13)
  })

  it('ends when it is stopped', async () => {
    let asked = 0
    const found = await findMaxRate(4, [], serverOf(1_000), () => asked++ >= 2)
    expect(found.steps).to.have.length(2)
  })
})
