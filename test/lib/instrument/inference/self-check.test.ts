import { expect } from 'chai'
import type { InferenceOutcome } from '../../../../src/lib/instrument/inference/tally.js'
import type { Metrics } from '../../../../src/lib/instrument/inference/result.js'
import { inferenceTable } from '../../../../src/lib/instrument/inference/request-table.js'
import {
  judgeInference,
  type Evidence,
} from '../../../../src/lib/instrument/inference/self-check.js'

/** A pass of a second: so late was each of its sends, and so many events came with each answer. */
function outcomeOf(lagsMs: readonly number[], events = 10): InferenceOutcome {
  const table = inferenceTable()
  lagsMs.forEach((lagMs, index) =>
    table.add({
      ...{ index, dueMs: index, readyMs: index, sentMs: index + lagMs, firstMs: index + 90 },
      ...{ answerMs: index, firstTokenMs: index, lastMs: index, endMs: index, inputTokens: 1 },
      ...{ outputTokens: 1, tokensAtFirst: 1, events, isEstimated: 0, isCutShort: 0 },
      ...{ isFirstUse: 0, validity: 0, errorClass: -1, isSteady: 0 },
    }),
  )
  const connections = { opened: 3, reused: 7, resent: 0, connectMs: [1, 3, 2] }
  return { table, wallMs: 1_000, connections } as unknown as InferenceOutcome
}

const evidence = (change: Partial<Evidence> = {}): Evidence => ({
  ...{ outcomes: [outcomeOf(Array(100).fill(0.1) as number[])], isOpen: true, isBurst: false },
  metrics: { ttftMs: { p50: 40 } } as Metrics,
  ...{ clientCores: 0.3, loopDelayP99Ms: 1, peakRssBytes: 1e8, ceilingEventsPerSecond: 100_000 },
  ceilingSpread: null,
  ...{ workers: 1, cores: 16, clockOffsetMs: null, ...change },
})
const lags = (late: number, of: number, lateMs: number) =>
  Array.from({ length: of }, (_, i) => (i < late ? lateMs : 0.1))

describe('the instrument’s judgement of itself', () => {
  for (const { title, change, verdict } of [
    { title: 'on time, with room', change: {}, verdict: 'ok' },
    { title: 'a core that is full', change: { clientCores: 0.95 }, verdict: 'client-bound' },
    {
      title: 'near its ceiling, with a core that is more than half full',
      change: { ceilingEventsPerSecond: 1_300, clientCores: 0.6 },
      verdict: 'client-bound',
    },
    {
      title: 'near a ceiling that its idle core belies',
      change: { ceilingEventsPerSecond: 500 },
      verdict: 'ok',
    },
    {
      title: 'near its ceiling, but for two workers',
      change: { ceilingEventsPerSecond: 1_300, workers: 2, clientCores: 0.6 },
      verdict: 'ok',
    },
    {
      title: 'a ceiling that nobody knows',
      change: { ceilingEventsPerSecond: null },
      verdict: 'ok',
    },
    {
      title: 'many sends late',
      change: { outcomes: [outcomeOf(lags(5, 100, 9))] },
      verdict: 'late',
    },
    {
      title: 'one late in a hundred',
      change: { outcomes: [outcomeOf(lags(1, 100, 400))] },
      verdict: 'ok',
    },
    {
      title: 'two late of twenty: an accident',
      change: { outcomes: [outcomeOf(lags(2, 20, 400))] },
      verdict: 'ok',
    },
    {
      title: 'late, but by little beside a TTFT of a second',
      change: {
        outcomes: [outcomeOf(lags(5, 100, 9))],
        metrics: { ttftMs: { p50: 1_000 } } as Metrics,
      },
      verdict: 'ok',
    },
    {
      title: 'late in a burst, where all are due at once',
      change: { outcomes: [outcomeOf(lags(50, 100, 90))], isBurst: true },
      verdict: 'ok',
    },
    {
      title: 'both',
      change: { outcomes: [outcomeOf(lags(9, 100, 90))], clientCores: 1.2 },
      verdict: 'client-bound',
    },
    { title: 'nothing measured', change: { outcomes: [outcomeOf([])] }, verdict: 'ok' },
  ])
    it(`${title}: ${verdict}`, () => {
      const found = judgeInference(evidence(change))
      expect(found.verdict).to.equal(verdict)
      expect(found.saturated).to.equal(verdict !== 'ok')
      expect(found.findings.join()).to.match(
        { ok: /^ok: /, late: /^late: .*the client had room/, 'client-bound': /^client-bound: / }[
          verdict
        ]!,
      )
    })

  it('says what being late means for the figures, and nothing of a limit', () => {
    const { findings } = judgeInference(evidence({ outcomes: [outcomeOf(lags(5, 100, 9))] }))
    expect(findings[0]).to.equal(
      'late: requests were sent up to 9.0 ms late (p99), so TTFT may read that much too high; the client had room (30 % of a core), something else took the CPU',
    )
  })

  for (const { title, change, advice } of [
    { title: 'twice what a full one needs', change: { clientCores: 0.95 }, advice: '--clients 2' },
    {
      title: 'more than there are',
      change: { clientCores: 0.95, workers: 4 },
      advice: '--clients 8',
    },
    {
      title: 'no more than the node has cores for',
      change: { clientCores: 0.95, workers: 4, cores: 7 },
      advice: '--clients 6',
    },
    {
      title: 'none where there is no core left',
      change: { clientCores: 0.95, workers: 2, cores: 2 },
      advice: null,
    },
  ])
    it(`advises clients: ${title}`, () => {
      const found = judgeInference(evidence(change))
      expect(found.advice).to.equal(advice)
      expect(found.findings[0]).to.include(advice ?? 'this node has no more cores')
    })

  it('has the figures that it judges by', () => {
    const found = judgeInference(evidence({ outcomes: [outcomeOf(lags(50, 100, 2))] }))
    expect(found).to.deep.include({ eventsPerSecond: 1_000, shareOfCeiling: 0.01 })
    expect(found.dispatchLag.maxMs).to.be.closeTo(2, 1e-9)
    expect(found.dispatchLag.p50Ms).to.be.closeTo(1.05, 1e-9)
    expect(found.connections).to.deep.include({ opened: 3, reused: 7, connectP50Ms: 2 })
  })

  it('has no lag to judge in a closed loop', () => {
    const closed = judgeInference(
      evidence({ isOpen: false, outcomes: [outcomeOf([500, 500, 500])] }),
    )
    expect(closed.dispatchLag).to.deep.equal({ p50Ms: null, p99Ms: null, maxMs: null })
    expect(closed.verdict).to.equal('ok')
  })
})
