import { expect } from 'chai'
import type { InferenceSample } from '../../../../src/lib/instrument/inference/plan.js'
import { stepLine } from '../../../../src/lib/cli/progress.js'
import { plainStyle } from '../../../../src/lib/report/style.js'
import { LiveText } from '../../../../src/lib/benchmarks/inference/progress.js'

const sample = (change: Partial<InferenceSample> = {}): InferenceSample => ({
  ...{ type: 'sample', pass: '', elapsedS: 130, leftS: 120, runLeftS: null, of: 1_000 },
  ...{ issued: 540, done: 520, failed: 0, inFlight: 20 },
  ...{ requestsPerSecond: 4, outputTokensPerSecond: 508, ttftMs: 88, ttftP99Ms: 402, tpotMs: 11 },
  ...{ clientCores: 0.06, dispatchLagP99Ms: 0.2, ...change },
})
const drawn = (columns: number, change: Partial<InferenceSample> = {}) =>
  stepLine(
    '⠼',
    { title: 'requests', text: new LiveText().text(sample(change)), ms: null, share: 0.5 },
    { ...plainStyle, columns },
  )

describe('the live line of an inference benchmark', () => {
  it('keeps what matters most at 80 columns, and drops the rest from the right', () => {
    expect(drawn(80)).to.equal(
      '⠼ ━━━━──── 520/1 000 · 0 failed · 508 tok/s · TTFT 88.0 ms p99 402 · 2m left',
    )
    expect(drawn(60)).to.equal('⠼ 520/1 000 · 0 failed · 508 tok/s · TTFT 88.0 ms p99 402')
    expect(drawn(160)).to.match(/2m left · TPOT 11.0 ms · 20 in flight · client 6 % of a core$/)
    for (const columns of [60, 80, 100, 140])
      expect([...drawn(columns)].length).to.be.at.most(columns)
  })

  it('shows a mean of three seconds, and the last TTFT that was seen', () => {
    const live = new LiveText()
    live.text(sample({ outputTokensPerSecond: 900 }))
    live.text(sample({ outputTokensPerSecond: 0, ttftMs: null }))
    expect(live.text(sample({ outputTokensPerSecond: 300, ttftMs: null }))).to.include(
      '400 tok/s · TTFT 88.0 ms',
    )
  })

  for (const [title, change, expected] of [
    ['no rate before the first token', { ttftMs: null, ttftP99Ms: null }, /failed · 2m left/],
    ['failures', { failed: 3 }, /523\/1 000 · 3 failed/],
    ['the time of all passes', { runLeftS: 380 }, /6m20s left/],
    ['what is waited for at the end', { leftS: 0.1 }, /waiting for the last 20/],
    ['no count where a time ends it', { of: null }, /520 done ·/],
    ['no time where nobody knows it', { leftS: null }, /402 · TPOT/],
  ] as const)
    it(`shows ${title}`, () => expect(new LiveText().text(sample(change))).to.match(expected))
})
