import { expect } from 'chai'
import { LiveIngest } from '../../../../src/lib/instrument/vectors/live-phases.js'
import { describePlan } from '../../../../src/lib/instrument/vectors/describe.js'
import type { LevelSample, VectorEvent } from '../../../../src/lib/instrument/vectors/plan.js'
import { stepLine } from '../../../../src/lib/cli/progress.js'
import { plainStyle } from '../../../../src/lib/report/style.js'
import { planOf } from '../../../../src/lib/benchmarks/vectors/plan-from-request.js'
import { ingestText, levelText } from '../../../../src/lib/benchmarks/vectors/progress.js'
import { contextWith } from '../../../support/context.js'

const level: LevelSample = {
  ...{ type: 'sample', phase: 'level', concurrency: 4, ratePerSecond: null },
  ...{ repeat: 2, repeats: 3, level: 7, levels: 12, leftS: 6, runLeftS: 56, elapsedS: 4 },
  ...{ pass: 'c=4', of: null, issued: 9, done: 9, failed: 0, inFlight: 0, requestsPerSecond: 1 },
  ...{ queriesPerSecond: 2_912, p99Ms: 4.1, clientCores: 0.38, dispatchLagP99Ms: null },
}
const drawn = (text: string, columns: number) =>
  stepLine('⠼', { title: 'level', text, ms: null, share: 0.5 }, { ...plainStyle, columns })

describe('the live line of a vector benchmark', () => {
  it('shows which of how many levels, and the time until the last', () => {
    expect(drawn(levelText(level), 80)).to.equal(
      '⠼ ━━━━──── c=4, level 7/12 · 0 errors · 2 910 q/s · p99 4.10 ms · 56 s left',
    )
    expect(levelText({ ...level, ratePerSecond: 200 })).to.match(/^200\/s, level 7\/12/)
    expect([...drawn(levelText(level), 60)].length).to.be.at.most(60)
  })

  it('shows how many vectors are in, how fast, and until when', () => {
    const events: VectorEvent[] = []
    let nowMs = 0
    const live = new LiveIngest(
      { of: 10_000, batch: 500, repeat: 1, repeats: 3, emit: (event) => events.push(event) },
      () => nowMs,
    )
    for (const [atMs, vectors] of [
      [200, 500],
      [600, 1_500],
      [700, 2_000],
      [1_000, 2_500],
    ] as const) {
      nowMs = atMs
      live.added(vectors)
    }
    expect(events.map((event) => event.type === 'sample' && event.phase)).to.deep.equal(['ingest'])
    const [sample] = events
    expect(sample.type === 'sample' && sample.phase === 'ingest' && ingestText(sample)).to.equal(
      'ingest 1 500/10 000 · 2 500 vectors/s · 3 s left · repeat 1 of 3 · batch 500',
    )
  })
})

describe('the plan of a vector benchmark in words', () => {
  for (const [plan, expected] of [
    [
      {},
      'clustered 10 000 × 384, k 10 · raw client · concurrency 1, 2, 4, 8 · 3 × 10 s each · about 2m, after the ingest',
    ],
    [
      { concurrency: [2], repeats: 1 },
      'clustered 10 000 × 384, k 10 · raw client · one at a time, then concurrency 2 · 10 s each · about 20 s, after the ingest',
    ],
    [
      { ratePerSecond: 200, dataset: '/data/sift.fvecs' },
      'sift.fvecs, k 10 · raw client · one at a time, then 200 queries/s (Poisson) · 3 × 10 s each · about 1m, after the ingest',
    ],
  ] as const)
    it(`is ${expected.slice(0, 60)}…`, async () => {
      await using context = await contextWith()
      expect(
        describePlan(await planOf(context, plan, { bench: 'aibench chroma bench' })).join(' · '),
      ).to.equal(expected)
    })
})
