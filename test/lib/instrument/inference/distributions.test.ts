import { expect } from 'chai'
import {
  confidence95,
  distributionFrom,
  distributionOf,
} from '../../../../src/lib/instrument/inference/distributions.js'
import { LogHistogram } from '../../../../src/lib/instrument/measure/log-histogram.js'
import { Rng } from '../../../../src/lib/instrument/rng.js'

describe('a distribution', () => {
  it('has percentiles of type 7 and the sample’s deviation', () => {
    const found = distributionOf(Float64Array.from([4, 1, 3, 2]), [])
    expect(found).to.deep.include({ n: 4, mean: 2.5, min: 1, p50: 2.5, max: 4, p99Reliable: false })
    expect(found.p90).to.be.closeTo(3.7, 1e-12)
    expect(found.std).to.be.closeTo(Math.sqrt(5 / 3), 1e-12)
    expect(found.histogram.reduce((a, b) => a + b)).to.equal(4)
  })

  for (const n of [661, 662])
    it(`of ${n} samples ${n < 662 ? 'can’t' : 'can'} bound a p99`, () => {
      const samples = Float64Array.from({ length: n }, (_, i) => i + 1)
      expect(distributionOf(samples).p99Reliable).to.equal(n === 662)
    })

  it('of nothing has no figures', () => {
    const empty = { n: 0, mean: null, std: null, min: null, p50: null, p99: null, max: null }
    expect(distributionOf(new Float64Array())).to.include(empty)
    expect(distributionFrom(new LogHistogram())).to.include(empty)
  })

  it('of a histogram is near that of its samples', () => {
    const rng = new Rng(1, 'x')
    const samples = Float64Array.from({ length: 5_000 }, () => rng.exponential() * 20)
    const histogram = new LogHistogram()
    samples.forEach((sample) => histogram.add(sample))
    const [exact, near] = [distributionOf(samples), distributionFrom(histogram)]
    for (const name of ['mean', 'std', 'min', 'max', 'p50', 'p90', 'p99'] as const)
      expect(near[name]! / exact[name]!, name).to.be.closeTo(1, 0.003)
  })
})

describe('the confidence of a mean', () => {
  it('is by the t distribution of so few repeats', () => {
    // t = 4.303 with two degrees of freedom, s = 1.
    const [from, to] = confidence95([9, 10, 11])!
    expect([from, to].map((end) => end.toFixed(3))).to.deep.equal(
      [10 - 4.303 / Math.sqrt(3), 10 + 4.303 / Math.sqrt(3)].map((end) => end.toFixed(3)),
    )
  })

  it('is not there for one repeat, or for those without a figure', () => {
    expect(confidence95([])).to.equal(null)
    expect(confidence95([1])).to.equal(null)
    expect(confidence95([1, NaN])).to.equal(null)
    expect(confidence95([1, NaN, 3])).to.deep.equal(confidence95([1, 3]))
  })

  it('holds the true mean in 95 of 100 cases', () => {
    const rng = new Rng(5, 'confidence')
    for (const repeats of [2, 3, 5, 11, 20]) {
      let held = 0
      for (let i = 0; i < 2_000; i++) {
        const means = Array.from({ length: repeats }, () => 7 + rng.normal())
        const [from, to] = confidence95(means)!
        if (from <= 7 && 7 <= to) held++
      }
      expect(held / 2_000, `${repeats} repeats`).to.be.within(0.93, 0.97)
    }
  })
})
