import { expect } from 'chai'
import {
  latencyOf,
  logHistogram,
  percentile,
  sampleStd,
  spreadOf,
} from '../../../../src/lib/instrument/measure/statistics.js'

describe('statistics', () => {
  // Expected values: numpy.percentile([15, 20, 35, 40, 50], …), method "linear".
  for (const { share, expected } of [
    { share: 0, expected: 15 },
    { share: 0.4, expected: 29 },
    { share: 0.5, expected: 35 },
    { share: 0.9, expected: 46 },
    { share: 1, expected: 50 },
  ])
    it(`has the type-7 percentile ${share}`, () => {
      expect(percentile([15, 20, 35, 40, 50], share)).to.be.closeTo(expected, 1e-9)
    })

  it('knows no percentile of nothing', () => expect(percentile([], 0.5)).to.equal(null))

  it('has the deviation of a sample, also far from zero', () => {
    expect(sampleStd([2, 4, 4, 4, 5, 5, 7, 9])).to.be.closeTo(2.13809, 1e-5)
    expect(sampleStd([1e9 + 1, 1e9 + 2, 1e9 + 3])).to.be.closeTo(1, 1e-9)
    expect(sampleStd([5])).to.equal(null)
  })

  it('sorts what it summarises by number, and leaves it as it was', () => {
    const samples = Float64Array.of(100, 9, 10)
    expect(latencyOf(samples)).to.include({ n: 3, minMs: 9, p50Ms: 10, maxMs: 100 })
    expect([...samples]).to.deep.equal([100, 9, 10])
  })

  it('trusts a p99 from 662 samples on', () => {
    expect(latencyOf(new Float64Array(661)).p99Reliable).to.equal(false)
    expect(latencyOf(new Float64Array(662)).p99Reliable).to.equal(true)
  })

  it('leaves repeats without a figure out of the spread', () => {
    expect(spreadOf([10, null, 9])).to.include({ n: 2, median: 9.5, min: 9, max: 10 })
  })

  it('counts in bins of equal width of the logarithm', () => {
    expect(logHistogram(Float64Array.of(1, 1.5, 11, 150, 1000), 3)).to.deep.equal([2, 1, 2])
    expect(logHistogram(Float64Array.of(7, 7, 7), 4).reduce((a, b) => a + b)).to.equal(3)
    expect(logHistogram(new Float64Array(0), 4)).to.deep.equal([0, 0, 0, 0])
  })
})
