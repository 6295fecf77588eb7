import { expect } from 'chai'
import {
  judgeInstrument,
  type Evidence,
} from '../../../../src/lib/instrument/vectors/self-check.js'
import type { Level } from '../../../../src/lib/instrument/vectors/result.js'

const closed = (
  concurrency: number,
  queriesPerSecond: number,
  clientCores: number,
  serverCores = 1.5,
) => ({ mode: 'closed', concurrency, queriesPerSecond, clientCores, serverCores }) as Level

const judge = (levels: Level[], more: Partial<Evidence> = {}) =>
  judgeInstrument({
    ...{ levels, outcomes: [], client: 'raw', ceilingPerSecond: 9_000, cores: 4 },
    usage: {
      ...{ clientCores: 0, loopDelayP99Ms: 1, peakRssBytes: 1, workers: 1, clockOffsetMs: null },
    },
    ...more,
  })

describe('the judgement of the instrument', () => {
  // Figures of a real run: tuned server, raw engine, two cores for both.
  it('finds a healthy run limited by the server', () => {
    const found = judge([closed(1, 1_510, 0.28), closed(4, 3_500, 0.4), closed(8, 3_690, 0.43)])
    expect(found).to.include({
      verdict: 'ok',
      saturated: false,
      serverLimitedFromConcurrency: 4,
    })
    expect(found.shareOfCeiling).to.be.closeTo(0.41, 0.001)
    expect(found.findings).to.deep.equal([
      'limited by the server from concurrency 4 on (1.5 cores)',
      'ok: 41 % of its ceiling, 43 % of a core',
    ])
  })

  it('blames no server whose CPU is idle', () => {
    const found = judge([closed(1, 1_500, 0.28, 0.2), closed(2, 1_510, 0.33, 0.23)])
    expect(found.serverLimitedFromConcurrency).to.equal(null)
    expect(found.findings[0]).to.equal(
      'no more queries/s from concurrency 1 on, though neither the client’s nor the server’s CPU is full',
    )
  })

  it('says "balanced" while more clients bring more', () => {
    const found = judge([closed(1, 500, 0.1), closed(2, 990, 0.2)])
    expect(found).to.include({ verdict: 'ok', saturated: false })
  })

  it('finds a client that uses a whole core', () => {
    const found = judge([closed(1, 4_000, 0.6), closed(8, 6_000, 0.97)])
    expect(found).to.include({ verdict: 'client-bound', saturated: true })
    expect(found.findings[0]).to.match(
      /^client-bound: 97 % of a core, .* not the server’s; try --clients 2$/,
    )
    expect(found.advice).to.equal('--clients 2')
  })

  it('finds a client near its ceiling, though its core has room', () => {
    expect(judge([closed(8, 6_500, 0.6)])).to.include({ verdict: 'client-bound', saturated: true })
    expect(judge([closed(8, 6_000, 0.6)])).to.include({ saturated: false })
  })

  it('does without a ceiling', () => {
    expect(judge([closed(8, 7_500, 0.7)], { ceilingPerSecond: null })).to.include({
      shareOfCeiling: null,
      saturated: false,
    })
  })

  it('names the library as the limit of an SDK run', () => {
    const found = judge([closed(8, 1_400, 1.13)], { client: 'sdk', ceilingPerSecond: null })
    expect(found.verdict).to.equal('client-bound')
    expect(found.findings.join()).to.include('--client raw')
  })
})
