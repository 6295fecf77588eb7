import { expect } from 'chai'
import {
  constantArrivals,
  exponentialGaps,
  gammaGaps,
  rampArrivals,
  renewalArrivals,
} from '../../../../src/lib/instrument/load/arrivals.js'
import { mean, sampleStd } from '../../../../src/lib/instrument/measure/statistics.js'

const poisson = (durationMs: number, seed: number, stream: string) =>
  renewalArrivals(200, { durationMs }, exponentialGaps(seed, stream))

describe('Poisson arrivals', () => {
  const times = poisson(60_000, 1, 'a')
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
    expect(poisson(1_000, 1, 'a')).to.deep.equal(poisson(1_000, 1, 'a'))
    expect(poisson(1_000, 2, 'a')).not.to.deep.equal(times.subarray(0, 200))
    expect(poisson(1_000, 1, 'b')[0]).not.to.equal(times[0])
  })

  it('are as many as wanted at least, though they come late', () => {
    const arrivals = (least: number) =>
      renewalArrivals(0.1, { durationMs: 1, least }, exponentialGaps(1, 'a'))
    expect(arrivals(0)).to.have.lengthOf(0)
    expect(arrivals(3)).to.have.lengthOf(3)
    expect(arrivals(3)[2]).to.be.greaterThan(1_000)
  })
})

const gapsOf = (times: Float64Array) =>
  Float64Array.from(times.subarray(1), (time, i) => time - times[i])

describe('constant arrivals', () => {
  it('are exact, however many there are', () => {
    const times = constantArrivals(3, { durationMs: Infinity, limit: 100_000 })
    expect(times).to.have.length(100_000)
    expect(times.every((at, i) => at === (i * 1000) / 3)).to.equal(true)
  })

  for (const { rate, durationMs, limit, count } of [
    { rate: 10, durationMs: 1_000, limit: Infinity, count: 10 },
    { rate: 10, durationMs: 1_001, limit: Infinity, count: 11 },
    { rate: 10, durationMs: 50, limit: Infinity, count: 1 },
    { rate: 10, durationMs: 1_000, limit: 4, count: 4 },
  ])
    it(`${rate}/s for ${durationMs} ms, at most ${limit}: ${count}`, () => {
      const times = constantArrivals(rate, { durationMs, limit })
      expect(times).to.have.length(count)
      expect(times.at(-1)).to.be.below(durationMs)
    })
})

describe('gamma arrivals', () => {
  for (const shape of [0.25, 0.5, 1, 4, 25])
    it(`of shape ${shape}: their mean is that of the rate, their deviation 1/√shape of it`, () => {
      const bounds = { durationMs: Infinity, limit: 40_000 }
      const gaps = gapsOf(renewalArrivals(50, bounds, gammaGaps(shape, 3, 'a')))
      expect(mean(gaps)! / 20).to.be.closeTo(1, (4 / Math.sqrt(shape)) * (1 / 200))
      expect(sampleStd(gaps)! / mean(gaps)!).to.be.closeTo(1 / Math.sqrt(shape), 0.06)
      expect(Math.min(...gaps)).to.be.at.least(0)
    })
})

describe('a ramp', () => {
  for (const [fromPerSecond, toPerSecond] of [
    [10, 50],
    [50, 10],
    [20, 20],
  ])
    it(`from ${fromPerSecond} to ${toPerSecond}/s: as many in each part as its rate has`, () => {
      const ramp = { fromPerSecond, toPerSecond, overMs: 400_000 }
      const times = rampArrivals(ramp, { durationMs: Infinity }, 1, 'a')
      const integral = (ms: number) =>
        (fromPerSecond * ms + ((toPerSecond - fromPerSecond) * ms * ms) / 2 / ramp.overMs) / 1000
      for (const part of [0.25, 0.5, 0.75, 1]) {
        const count = times.filter((at) => at < part * ramp.overMs).length
        const expected = integral(part * ramp.overMs)
        expect(Math.abs(count - expected)).to.be.below(4.5 * Math.sqrt(expected))
      }
      expect(times.at(-1)).to.be.below(ramp.overMs)
      expect(gapsOf(times).every((gap) => gap >= 0)).to.equal(true)
    })

  it('ends with the run, and with its last prompt', () => {
    const ramp = { fromPerSecond: 10, toPerSecond: 50, overMs: 60_000 }
    const all = rampArrivals(ramp, { durationMs: Infinity }, 1, 'a')
    expect(rampArrivals(ramp, { durationMs: 5_000 }, 1, 'a').at(-1)).to.be.below(5_000)
    expect(rampArrivals(ramp, { durationMs: Infinity, limit: 7 }, 1, 'a')).to.deep.equal(
      all.slice(0, 7),
    )
  })
})
