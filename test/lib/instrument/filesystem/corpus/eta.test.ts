import { expect } from 'chai'
import fc from 'fast-check'
import {
  priorsFor,
  remaining,
  STANDARD_PHASES,
} from '../../../../../src/lib/instrument/filesystem/corpus/eta.js'
import { meluxina } from '../../../../../src/lib/instrument/filesystem/corpus/lists.js'

const HOUR = 3_600_000

describe('the time that is left of a run', () => {
  it('is one to two hours before the start, whatever its phases are given as', async () => {
    const priors = await priorsFor({ stonewallSeconds: 300, nodes: 10 })
    const { p10Ms, p50Ms, p90Ms } = remaining(priors, [], null)
    expect(p10Ms).to.be.within(0.7 * HOUR, 1 * HOUR)
    expect(p50Ms).to.be.within(1 * HOUR, 1.4 * HOUR)
    expect(p90Ms).to.be.within(1.5 * HOUR, 2.5 * HOUR)
  })

  it('follows a known run to its end, closer from phase to phase', async () => {
    const { phases } = await meluxina()
    const names = STANDARD_PHASES.filter((name) => phases.has(name))
    const priors = await priorsFor({ stonewallSeconds: 300, nodes: 512, phases: names })
    const took = names.map((name) => ({ name, seconds: phases.get(name)!.seconds! }))
    const errors = [0, 4, 8, 11].map((passed) => {
      const truth = took.slice(passed).reduce((sum, { seconds }) => sum + seconds, 0)
      return Math.abs(remaining(priors, took.slice(0, passed), null).p50Ms / 1000 - truth)
    })
    expect(errors[0]).to.be.below(4289 * 0.25)
    expect(errors.at(-1)).to.be.below(4289 * 0.15)
    expect(remaining(priors, took, null)).to.deep.equal({ p10Ms: 0, p50Ms: 0, p90Ms: 0 })
  })

  it('scales with a short stonewall: what writes lasts as long as that and its wear-out', async () => {
    for (const stonewallSeconds of [2, 30]) {
      const writes = await priorsFor({
        stonewallSeconds,
        nodes: 1,
        phases: STANDARD_PHASES.filter((name) => name.endsWith('write')),
      })
      const { p10Ms, p90Ms } = remaining(writes, [], null)
      expect(p10Ms).to.be.within(4000 * stonewallSeconds, 5000 * stonewallSeconds + 4000)
      expect(p90Ms).to.be.below(12_000 * stonewallSeconds + 4000)
    }
  })

  it('shortens what reads when the writes were short', async () => {
    const priors = await priorsFor({ stonewallSeconds: 300, nodes: 10 })
    const after = (seconds: number) =>
      remaining(
        priors,
        STANDARD_PHASES.slice(0, 4).map((name) => ({ name, seconds })),
        null,
      ).p50Ms
    expect(after(600)).to.be.above(1.6 * after(300))
  })

  it('goes on foretelling when a phase lasts longer than in any known run', async () => {
    const priors = await priorsFor({ stonewallSeconds: 300, nodes: 10 })
    const running = { name: 'mdtest-hard-delete', elapsedSeconds: 50_000 }
    const done = STANDARD_PHASES.slice(0, 11).map((name) => ({ name, seconds: 400 }))
    const { p10Ms, p50Ms } = remaining(priors, done, running)
    expect(p10Ms).to.be.above(0)
    expect(p50Ms).to.be.above(HOUR)
  })

  it('takes what earlier runs on the same file system needed', async () => {
    const phases = STANDARD_PHASES.map((name) => ({ name, value: null, seconds: 310 }))
    const earlier = { nodes: 4, procs: 64, phases, stonewallSeconds: 300 }
    const history = Array.from({ length: 20 }, () => earlier)
    const priors = await priorsFor({ stonewallSeconds: 300, nodes: 4, history })
    expect(remaining(priors, [], null).p50Ms).to.equal(STANDARD_PHASES.length * 310_000)
  })

  it('is never negative, never empty and in order, with any phases done, unknown ones too', async () => {
    const priors = new Map(
      await Promise.all(
        [1, 30, 300].map(
          async (stonewallSeconds) =>
            [stonewallSeconds, await priorsFor({ stonewallSeconds, nodes: null })] as const,
        ),
      ),
    )
    const name = fc.constantFrom(...STANDARD_PHASES, 'mdworkbench-bench', 'new-phase')
    const seconds = fc.double({ min: 0, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(
        fc.constantFrom(1, 30, 300),
        fc.uniqueArray(fc.record({ name, seconds }), { selector: (one) => one.name }),
        fc.option(fc.record({ name, elapsedSeconds: seconds })),
        (wall, done, running) => {
          const { p10Ms, p50Ms, p90Ms } = remaining(priors.get(wall)!, done, running)
          expect(p10Ms).to.be.at.least(0)
          expect(p50Ms).to.be.at.least(p10Ms)
          expect(p90Ms).to.be.at.least(p50Ms)
          expect(p90Ms).to.satisfy(Number.isFinite)
        },
      ),
      { numRuns: 200 },
    )
  })
})
