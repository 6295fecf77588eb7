import { expect } from 'chai'
import {
  exponentialGaps,
  poissonArrivals,
  renewalArrivals,
} from '../../../src/lib/bench/arrivals.js'
import { mean, sampleStd } from '../../../src/lib/bench/statistics.js'

describe('Poisson arrivals', () => {
  const times = poissonArrivals(200, 60_000, 1, 'a')
  const gaps = Float64Array.from(times.subarray(1), (time, i) => time - times[i])

  it('come at the rate asked for', () => {
    // The count of a Poisson process of mean 12 000 is within four standard deviations but once in 16 000 seeds.
    expect(times.length).to.be.within(12_000 - 440, 12_000 + 440)
    expect(times.at(-1)).to.be.below(60_000)
  })

  it('have exponential gaps: their deviation is their mean', () => {
    expect(sampleStd(gaps)! / mean(gaps)!).to.be.closeTo(1, 0.05)
    expect(Math.min(...gaps)).to.be.at.least(0)
  })

  it('are the same for a seed, and others for another seed or stream', () => {
    expect(poissonArrivals(200, 1_000, 1, 'a')).to.deep.equal(poissonArrivals(200, 1_000, 1, 'a'))
    expect(poissonArrivals(200, 1_000, 2, 'a')).not.to.deep.equal(times.subarray(0, 200))
    expect(poissonArrivals(200, 1_000, 1, 'b')[0]).not.to.equal(times[0])
  })

  it('are as many as wanted at least, though they come late', () => {
    const arrivals = (least: number) =>
      renewalArrivals(0.1, { durationMs: 1, least }, exponentialGaps(1, 'a'))
    expect(arrivals(0)).to.have.lengthOf(0)
    expect(arrivals(3)).to.have.lengthOf(3)
    expect(arrivals(3)[2]).to.be.greaterThan(1_000)
  })
})
