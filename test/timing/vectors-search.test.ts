import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VectorEvent } from '../../src/lib/instrument/vectors/plan.js'
import { fakeChroma } from '../fixtures/fake-chroma.js'
import { timed } from '../support/timed.js'
import { benchVectors, vectorConfig } from '../support/vector-bench.js'

describe('a search of a vector benchmark', () => {
  let dir: string
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-vectors-'))))
  afterEach(() => rm(dir, { recursive: true }))

  timed('finds the highest rate at which every threshold holds', async () => {
    // Asked more often than 160 times a second it answers with what is far.
    let asked: number[] = []
    await using server = await fakeChroma({
      sayInstead: () => {
        const nowMs = performance.now()
        asked = [...asked.filter((at) => nowMs - at < 250), nowMs]
        return asked.length > 40 ? '{"ids":[["299","298","297","296","295"]]}' : undefined
      },
    })
    const plan = {
      findMaxRate: true,
      slo: ['recall>=0.9'],
      ratePerSecond: 20,
      durationMs: 500,
      goodput: 'recall>=0.9',
    }
    const onEvent = (event: VectorEvent) => void (event.type === 'phase' && (asked = []))
    const { result } = await benchVectors(vectorConfig(dir, server.url, plan), { onEvent })
    const { search, concurrent } = result
    expect(search!.steps.length).to.be.above(3)
    expect(search!.steps[0]).to.include({ ratePerSecond: 20, met: true })
    expect(
      search!.steps.some(({ met, reason }) => !met && /recall>=0.9/.test(reason ?? '')),
    ).to.equal(true)
    expect(concurrent).to.have.lengthOf(1)
    expect(concurrent[0].ratePerSecond).to.equal(search!.maxRatePerSecond)
    expect(result.thresholds.map(({ met }) => met)).to.deep.equal([true])
    expect(concurrent[0].goodput!.shareOfIssued).to.be.above(0.5)
  })
})
