import { expect } from 'chai'
import type { InferencePlan } from '../../../../src/lib/instrument/inference/plan.js'
import { benchInference } from '../../../support/inference-bench.js'
import { plainServer } from '../../../support/plain-server.js'
import { SimulatorHost } from '../../../support/simulators.js'

const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })
const QUICK = { ttftMs: constant(5), itlMs: constant(0.2) }
const planOf = (
  kind: 'json' | 'regex' | 'choice' | 'grammar',
  more: Partial<InferencePlan> = {},
): Partial<InferencePlan> => ({
  dataset: { kind, outputTokens: 400, path: null },
  load: { kind: 'concurrency', concurrency: 8 },
  numPrompts: 24,
  ...more,
})

describe('a run with constraints', function () {
  let host: SimulatorHost
  before(() => (host = new SimulatorHost()))
  after(() => host.end())

  for (const kind of ['json', 'regex', 'choice', 'grammar'] as const)
    it(`${kind}: the wrong answers are counted, exactly, and shown`, async () => {
      // The probe before the run is constrained too, and has the share of the first.
      await using simulator = await host.start({ ...QUICK, structuredWrong: 0.25 })
      const { result, rows } = await benchInference(simulator.url, planOf(kind))
      const wrong = (await simulator.truth()).filter((one) => one.wrong && one.id?.match(/-\d+$/))
      const measured = wrong.filter(({ id }) => !id!.endsWith('--1')).length
      const { constrained, unconstrained, overhead, field, probe } = result.structured!
      expect(measured).to.be.within(5, 7)
      expect(constrained).to.include({ answers: 24, invalid: measured, truncated: 0, failed: 0 })
      expect(constrained.validShare).to.equal((24 - measured) / 24)
      expect(constrained.examples).to.have.length(3)
      expect(constrained.examples[0].why).to.match(/\w/)
      expect(rows.filter(({ validity }) => validity === 'invalid')).to.have.length(measured)
      expect({ unconstrained, overhead }).to.deep.equal({ unconstrained: null, overhead: null })
      expect({ field, honoured: probe.honoured }).to.deep.include({ field: 'structured_outputs' })
    })

  it('answers that were cut are neither valid nor invalid', async () => {
    await using simulator = await host.start(QUICK)
    const plan = planOf('json', { dataset: { kind: 'json', outputTokens: 2, path: null } })
    const { result } = await benchInference(simulator.url, plan)
    expect(result.structured!.constrained).to.deep.include({
      ...{ answers: 24, valid: 0, invalid: 0, truncated: 24, validShare: null },
    })
  })

  it('failures are apart from both', async () => {
    await using simulator = await host.start({
      ...QUICK,
      faults: [{ kind: 'http_500', share: 0.25, from: 2 }],
    })
    const { result } = await benchInference(simulator.url, planOf('choice'))
    expect(result.structured!.constrained).to.include({ answers: 18, valid: 18, failed: 6 })
  })

  it('paired: the same prompts without the constraint, and what it costs', async () => {
    await using simulator = await host.start(QUICK)
    const { result, rows } = await benchInference(
      simulator.url,
      planOf('json', { pairedBaseline: true, repeats: 2 }),
    )
    const { constrained, unconstrained, overhead, probe, firstUse } = result.structured!
    expect(probe.honoured).to.equal(true)
    expect(constrained).to.include({ answers: 48, valid: 48 })
    expect(unconstrained).to.include({ answers: 48, valid: 0 })
    for (const figure of [overhead!.ttftMs, overhead!.tpotMs, overhead!.outputTokensPerSecond])
      expect(figure.ratio).to.be.closeTo(figure.constrained! / figure.unconstrained!, 1e-9)
    expect(overhead!.ttftMs.constrained).to.be.above(4)
    // Interleaved; the figures of the run are those with the constraint.
    expect([...new Set(rows.map(({ repeat, variant }) => `${repeat} ${variant}`))]).to.deep.equal([
      ...['0 main', '0 baseline', '1 main', '1 baseline'],
    ])
    expect(result.requests.issued).to.equal(48)
    expect(result.server.check).to.include({ verdict: 'reconciled' })
    expect(result.server.check.requests!.client).to.equal(96)
    expect(result.server.check.prefixCacheHitShare, 'each pass has a salt of its own').to.equal(0)
    expect(firstUse.distinct).to.be.within(1, 48)
  })

  it('says that a server passes over the field in silence', async () => {
    await using server = await plainServer()
    const { result } = await benchInference(server.url, planOf('choice'))
    expect(result.structured!.probe.honoured).to.equal(false)
    expect(result.structured!.constrained).to.include({ valid: 0 })
    expect(result.warnings.join()).to.match(/does not honour/)
  })
})
