import { expect } from 'chai'
import fc from 'fast-check'
import { LogHistogram } from '../../../../src/lib/instrument/measure/log-histogram.js'
import { mean, sampleStd } from '../../../../src/lib/instrument/measure/statistics.js'

const value = fc.double({ min: 1e-3, max: 1e6, noNaN: true })
const samples = fc.array(value, { minLength: 2, maxLength: 200 })
const histogramOf = (values: readonly number[]) => {
  const histogram = new LogHistogram()
  for (const one of values) histogram.add(one)
  return histogram
}

describe('a logarithmic histogram', () => {
  it('has percentiles within half a thousandth of the sample’s own', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const ascending = [...values].sort((a, b) => a - b)
        const exact = ascending[Math.floor(share * (values.length - 1))]
        expect(Math.abs(histogramOf(values).percentile(share)! - exact)).to.be.at.most(
          exact * 0.000501,
        )
      }),
    )
  })

  it('has mean, deviation and ends exactly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 1000, noNaN: true }), { minLength: 2 }),
        (values) => {
          const histogram = histogramOf(values)
          expect(histogram.n).to.equal(values.length)
          expect(histogram.mean).to.be.closeTo(mean(values)!, 1e-6)
          expect(histogram.std).to.be.closeTo(sampleStd(values)!, 1e-2)
          expect([histogram.min, histogram.max]).to.deep.equal([
            Math.min(...values),
            Math.max(...values),
          ])
        },
      ),
    )
  })

  it('merged, also by way of a file, is that of all samples', () => {
    fc.assert(
      fc.property(samples, samples, (some, others) => {
        const merged = histogramOf(some)
        const text = JSON.stringify(histogramOf(others))
        merged.merge(LogHistogram.from(JSON.parse(text) as ReturnType<LogHistogram['toJSON']>))
        const { sum, squares, ...all } = histogramOf([...some, ...others]).toJSON()
        const { sum: sum2, squares: squares2, ...rest } = merged.toJSON()
        expect(rest).to.deep.equal(all)
        expect(sum2 / sum).to.be.closeTo(1, 1e-12)
        expect(squares2 / squares).to.be.closeTo(1, 1e-12)
      }),
    )
  })

  it('counts a value by its weight', () => {
    const weighted = new LogHistogram()
    weighted.add(10, 4)
    weighted.add(20)
    expect(weighted.toJSON()).to.deep.equal(histogramOf([10, 10, 10, 10, 20]).toJSON())
  })

  it('takes zero, and what is beyond its ends', () => {
    const histogram = histogramOf([0, 0, 5, 1e9])
    expect([0, 0.4, 0.7, 1].map((share) => histogram.percentile(share))).to.deep.equal([
      ...[0, 0, histogram.percentile(0.7), histogram.percentile(1)],
    ])
    expect(histogram.percentile(0.7)).to.be.closeTo(5, 0.005)
    expect(histogram.max).to.equal(1e9)
  })

  it('that is empty has no figures', () => {
    const { mean: none, std, n } = new LogHistogram()
    expect([none, std, n, new LogHistogram().percentile(0.5)]).to.deep.equal([null, null, 0, null])
    const copy = LogHistogram.from(new LogHistogram().toJSON())
    expect([copy.min, copy.max]).to.deep.equal([Infinity, -Infinity])
  })

  it('has a sparkline in which every sample is counted', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const bins = histogramOf(values).spark(16)
        expect(bins).to.have.length(16)
        expect(bins.reduce((a, b) => a + b)).to.equal(values.length)
      }),
    )
  })
})
