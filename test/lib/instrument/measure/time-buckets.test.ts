import { expect } from 'chai'
import fc from 'fast-check'
import {
  bucketOf,
  TIME_BOUNDS_S,
  TimeBuckets,
} from '../../../../src/lib/instrument/measure/time-buckets.js'

describe('buckets of times', () => {
  it('reach from 0.1 ms to 1000 s, each no wider than 5 % of its times', () => {
    expect(TIME_BOUNDS_S[0]).to.equal(1e-4)
    expect(TIME_BOUNDS_S.at(-1)).to.equal(1000)
    const widths = TIME_BOUNDS_S.slice(1).map((bound, i) => bound / TIME_BOUNDS_S[i])
    expect(Math.min(...widths)).to.be.above(1)
    expect(Math.max(...widths)).to.be.below(1.0502)
  })

  it('take each time below their bound and above the one before', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2e6, noNaN: true }), (ms) => {
        const bucket = bucketOf(ms)
        const isBelow = ms / 1000 <= (TIME_BOUNDS_S[bucket] ?? Infinity)
        return isBelow && (bucket === 0 || ms / 1000 > TIME_BOUNDS_S[bucket - 1])
      }),
    )
    // A hair below, for a thousandth of a thousandfold is not always the same.
    for (const [i, bound] of TIME_BOUNDS_S.entries())
      expect(bucketOf(bound * 1000 * (1 - 1e-12))).to.equal(i)
  })

  it('give what was counted since they were asked last', () => {
    const buckets = new TimeBuckets()
    buckets.add(NaN)
    expect(buckets.isEmpty).to.equal(true)
    buckets.add(1000, 3)
    buckets.add(2_000_000)
    const last = TIME_BOUNDS_S.length
    expect(buckets.take()).to.deep.equal({
      counts: [
        [bucketOf(1000), 3],
        [last, 1],
      ],
      sumS: 2003,
    })
    expect(buckets.isEmpty).to.equal(true)
  })
})
