import { expect } from 'chai'
import fc from 'fast-check'
import type { InferenceDataset } from '../../../../src/lib/instrument/inference/item.js'
import type { InferencePlan } from '../../../../src/lib/instrument/inference/plan.js'
import {
  afterRepeats,
  scheduleHash,
  scheduleOf,
  workersOf,
} from '../../../../src/lib/instrument/inference/schedule.js'
import type { LoadPlan } from '../../../../src/lib/instrument/load/plan.js'
import { describeLoad, slotsOf } from '../../../../src/lib/instrument/load/schedule.js'
import { INFERENCE_PLAN } from '../../../support/inference-bench.js'

const dataset = (times: readonly number[] = []): InferenceDataset => ({
  ...{ name: 'x', hash: 'x', size: times.length || null, notes: [] },
  item: (index) => ({
    ...{ prompt: { kind: 'text', text: '' }, inputTokens: 1, maxTokens: 1 },
    ...{ ignoreEos: true, constraint: null, atMs: times[index] ?? null },
  }),
})
const rate = (more: Partial<Extract<LoadPlan, { kind: 'rate' }>> = {}): LoadPlan => ({
  ...{ kind: 'rate', ratePerSecond: 10, arrival: 'poisson', burstiness: 1, maxInFlight: null },
  ...more,
})
const planOf = (load: LoadPlan, more: Partial<InferencePlan> = {}): InferencePlan => ({
  ...{ ...INFERENCE_PLAN, load, numPrompts: 100 },
  ...more,
})
const dueOf = (plan: InferencePlan, repeat = 0, times?: readonly number[]) =>
  scheduleOf(plan, dataset(times), { repeat, variant: 'main' }).dueMs!

describe('the schedule of a pass', () => {
  it('is the same bytes for the same seed, other ones in another repeat', () => {
    for (const arrival of ['poisson', 'gamma'] as const) {
      const plan = planOf(rate({ arrival, burstiness: 0.5 }))
      expect(dueOf(plan)).to.deep.equal(dueOf(plan))
      expect(dueOf(plan, 1)).to.not.deep.equal(dueOf(plan))
      expect(dueOf({ ...plan, seed: 2 })).to.not.deep.equal(dueOf(plan))
    }
  })

  it('of the baseline is that of the pass beside it', () => {
    const plan = planOf(rate())
    const baseline = scheduleOf(plan, dataset(), { repeat: 1, variant: 'baseline' })
    expect(baseline.dueMs).to.deep.equal(dueOf(plan, 1))
  })

  it('ends with the prompts or with the time, whichever is first', () => {
    const plan = planOf(rate({ arrival: 'constant' }))
    expect(dueOf(plan)).to.have.length(100)
    expect(dueOf({ ...plan, durationMs: 2_000 })).to.have.length(20)
    expect(dueOf({ ...plan, durationMs: 60_000 })).to.have.length(100)
  })

  it('of a step of a search has the rate of the step', () => {
    const pass = { repeat: 3, variant: 'main', ratePerSecond: 50 } as const
    const plan = planOf(rate({ arrival: 'constant' }))
    // Ten seconds at least: a hundred prompts would be over in two.
    expect(scheduleOf(plan, dataset(), pass).dueMs!.at(-1)).to.equal(499 * 20)
    const short = scheduleOf({ ...plan, durationMs: 1_000 }, dataset(), pass)
    expect(short.dueMs!.at(-1)).to.equal(49 * 20)
  })

  it('of a burst is all at once, of a trace its own times', () => {
    expect([...dueOf(planOf({ kind: 'burst' }))]).to.deep.equal(Array(100).fill(0))
    const load: LoadPlan = { kind: 'trace', speed: 2, maxInFlight: null }
    expect([...dueOf(planOf(load), 0, [0, 10, 50, 90])]).to.deep.equal([0, 5, 25, 45])
    expect([...dueOf(planOf(load, { durationMs: 30 }), 0, [0, 10, 50, 90])]).to.deep.equal([
      0, 5, 25,
    ])
    expect([...dueOf(planOf(load, { numPrompts: 2 }), 0, [0, 10, 50])]).to.deep.equal([0, 5])
  })

  it('of a closed loop has no times', () => {
    const load: LoadPlan = { kind: 'concurrency', concurrency: 7 }
    expect(scheduleOf(planOf(load), dataset(), { repeat: 0, variant: 'main' })).to.deep.equal({
      ...{ dueMs: null, concurrency: 7, maxInFlight: null, count: 100, durationMs: null },
    })
  })
})

describe('the hash of a schedule', () => {
  const hash = (plan: InferencePlan) => scheduleHash(plan, dataset())

  it('is that of load, seed, prompts and repeats, not of how many workers there are', () => {
    const plan = planOf(rate())
    expect(hash({ ...plan, clients: 8, slo: ['ttft_p99<1s'] })).to.equal(hash(plan))
    const others = [
      ...[{ seed: 2 }, { numPrompts: 99 }, { repeats: 2 }, { durationMs: 900 }],
      ...[{ load: rate({ ratePerSecond: 11 }) }, { load: rate({ maxInFlight: 4 }) }],
    ].map((change) => hash({ ...plan, ...change }))
    expect(new Set([hash(plan), ...others]).size).to.equal(7)
  })
})

describe('the share of a worker', () => {
  it('is a part of the slots; all together have all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(500), (of, slots) => {
        const parts = Array.from({ length: of }, (_, index) => slotsOf(slots, { index, of }))
        expect(parts.reduce((a, b) => a + b)).to.equal(slots)
        expect(Math.max(...parts) - Math.min(...parts)).to.be.at.most(1)
      }),
    )
  })

  for (const { load, workers } of [
    { load: { kind: 'concurrency', concurrency: 3 } as LoadPlan, workers: 3 },
    { load: { kind: 'concurrency', concurrency: 32 } as LoadPlan, workers: 8 },
    { load: rate({ maxInFlight: 2 }), workers: 2 },
    { load: rate(), workers: 8 },
    { load: { kind: 'burst' } as LoadPlan, workers: 8 },
  ])
    it(`of eight with ${describeLoad(load)}: ${workers} work`, () => {
      expect(workersOf(planOf(load, { clients: 8 }))).to.equal(workers)
    })
})

it('prompts of no pass are behind those of all repeats, or of all steps of a search', () => {
  expect(afterRepeats(planOf(rate(), { repeats: 3 }))).to.equal(300)
  expect(afterRepeats(planOf(rate(), { findMaxRate: true }))).to.be.at.least(1_400)
})
