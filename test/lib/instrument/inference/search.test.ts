import { expect } from 'chai'
import { inferenceTable } from '../../../../src/lib/instrument/inference/request-table.js'
import { attemptOf } from '../../../../src/lib/instrument/inference/search-step.js'
import { findMaxRate } from '../../../../src/lib/instrument/load/search.js'
import type { InferenceResult } from '../../../../src/lib/instrument/inference/result.js'
import { distributionWith, inferenceResult } from '../../../support/inference-result.js'

/** A server that keeps its threshold up to so many requests a second. */
const serverOf = (
  most: number,
  change: Partial<{
    boundFrom: number
    /** Whether something else disturbs the n-th step, from 0; or makes a p99 that is not the server's. */
    isLate: (step: number, rate: number) => boolean
    isOdd: (step: number, rate: number) => boolean
    failsFrom: number
    backlog: number
    slo: readonly string[]
  }> = {},
) => {
  const { boundFrom = Infinity, failsFrom = Infinity, backlog = 1 } = change
  const { slo = ['ttft_p99<100ms'] } = change
  const { isLate = () => false, isOdd = () => false } = change
  let steps = 0
  return (rate: number) => {
    const base = inferenceResult()
    const step = steps++
    const holds = isOdd(step, rate) ? rate > most : rate <= most
    const isBound = rate >= boundFrom
    const verdict = isBound ? 'client-bound' : isLate(step, rate) ? 'late' : 'ok'
    const result: InferenceResult = {
      ...base,
      requests: { issued: 100, ok: 100, failed: rate >= failsFrom ? 1 : 0, dropped: 0 },
      metrics: { ...base.metrics, ttftMs: distributionWith(50, { p99: holds ? 80 : 900 }) },
      throughput: { ...base.throughput, requestsPerSecond: rate },
      instrument: { ...base.instrument, verdict, saturated: verdict !== 'ok', clientCores: 0.98 },
    }
    const scheduledMs = 10_000
    const lastAnswersMs = result.metrics.e2eMs.p99 ?? 0
    const table = inferenceTable()
    table.add({ dueMs: scheduledMs, errorClass: -1 })
    const wallMs = scheduledMs * backlog + lastAnswersMs
    return Promise.resolve(attemptOf(result, { table, wallMs }, slo))
  }
}
const search = (attempt: ReturnType<typeof serverOf>, first = 4) =>
  findMaxRate(first, attempt, () => false)

describe('the search for the highest rate', () => {
  for (const most of [0.3, 1, 4, 17, 33.3, 250])
    it(`finds ${most}/s from below, within a twentieth, and that the server is the bound`, async () => {
      const { best, steps, boundBy } = await search(serverOf(most))
      expect(best!.ratePerSecond).to.be.within(most / 1.05, most)
      expect(steps.length).to.be.below(17)
      for (const { ratePerSecond, met } of steps) expect(met).to.equal(ratePerSecond <= most)
      expect(boundBy).to.equal('server')
    })

  it('looks at both sides of the edge again', async () => {
    const { best, steps } = await search(serverOf(17))
    const looksAt = (rate: number) =>
      steps.filter(({ ratePerSecond }) => ratePerSecond === rate).length
    const missed = steps.filter(({ met }) => !met).map(({ ratePerSecond }) => ratePerSecond)
    expect([looksAt(best!.ratePerSecond), looksAt(Math.min(...missed))]).to.deep.equal([2, 2])
  })

  for (const odd of [0, 1, 2, 4, 6])
    it(`is not led astray by one odd p99, in step ${odd + 1}`, async () => {
      const { best, boundBy } = await search(serverOf(100, { isOdd: (step) => step === odd }))
      expect(best!.ratePerSecond).to.be.within(100 / 1.06, 100)
      expect(boundBy).to.equal('server')
    })

  it('says "at least" where the client is the limit, and why of each step', async () => {
    const { best, steps, boundBy } = await search(serverOf(1_000, { boundFrom: 60 }))
    expect(best!.ratePerSecond).to.be.within(60 / 1.05, 60)
    expect(boundBy).to.equal('client')
    expect(steps.find(({ ratePerSecond }) => ratePerSecond >= 60)).to.deep.include({
      ...{ met: true, valid: false, verdict: 'client-bound' },
      reason: 'the client was the limit: 0.98 of one core',
    })
    expect(steps[0]).to.deep.include({ verdict: 'ok', reason: null })
  })

  it('repeats a step that something else disturbed', async () => {
    const { best, steps, boundBy } = await search(serverOf(17, { isLate: (step) => step % 3 < 1 }))
    expect(best!.ratePerSecond).to.be.within(17 / 1.05, 17)
    expect(boundBy).to.equal('server')
    expect(steps.slice(0, 2)).to.containSubset([
      { ratePerSecond: 4, verdict: 'late', valid: false },
      { ratePerSecond: 4, verdict: 'ok', valid: true },
    ])
    expect(steps[0].reason).to.match(/^sent up to .* ms late: something else took the CPU$/)
  })

  it('does not take what was always disturbed for the server’s limit', async () => {
    const busy = await search(serverOf(1_000, { isLate: () => true }))
    expect(busy).to.deep.include({ best: null, boundBy: 'client' })
    expect(busy.steps.length, 'ends soon').to.be.below(10)
    const above = await search(serverOf(1_000, { isLate: (_, rate) => rate > 20 }))
    expect(above.best!.ratePerSecond).to.be.within(20 / 1.05, 20)
    expect(above.boundBy).to.equal('client')
  })

  it('takes no rate at which a request failed, or the server did not keep up', async () => {
    const failing = await search(serverOf(1_000, { failsFrom: 20 }))
    expect(failing.best!.ratePerSecond).to.be.below(20)
    expect(failing.steps.find(({ met }) => !met)!.reason).to.equal('1 of 100 requests failed')
    const slow = await search(serverOf(1_000, { backlog: 1.5 }))
    expect(slow.best).to.equal(null)
    expect(slow.steps[0].reason).to.match(/^did not keep up: \d+ s for 10 s of arrivals$/)
  })

  it('gives up after some steps where nothing holds, and shows the last', async () => {
    const { best, last, steps, boundBy } = await search(serverOf(0))
    expect([best, boundBy]).to.deep.equal([null, 'server'])
    expect(steps).to.have.length(11)
    expect(steps[0].reason).to.equal('missed ttft_p99<100ms')
    expect(last!.ratePerSecond).to.equal(4 / 2 ** 10)
  })

  it('is not bracketed when it is stopped', async () => {
    let asked = 0
    const found = await findMaxRate(4, serverOf(1_000, { slo: [] }), () => asked++ >= 4)
    expect(found.boundBy).to.equal('none')
    expect(found.best!.ratePerSecond).to.be.at.least(4)
  })
})
