import { expect } from 'chai'
import { Growing } from '../../../../src/lib/instrument/load/growth.js'
import { LogHistogram } from '../../../../src/lib/instrument/measure/log-histogram.js'
import type { Growth } from '../../../../src/lib/instrument/process/worker-events.js'

describe('what has grown', () => {
  it('is told once, and nothing where nothing has', () => {
    const told: Growth[] = []
    const growing = new Growing((growth) => told.push(growth))
    growing.tell()
    growing.add('ok', 2)
    growing.add('ok', 1)
    growing.add('tokens', NaN)
    growing.time('duration', NaN)
    growing.tell()
    growing.tell()
    expect(told).to.deep.equal([{ type: 'growth', counters: { ok: 3 }, times: {} }])
  })

  it('is read out of a histogram that only grows', () => {
    const told: Growth[] = []
    const growing = new Growing((growth) => told.push(growth))
    const histogram = new LogHistogram()
    const look = () => {
      growing.timesOf('gap', histogram)
      growing.tell()
    }
    look()
    histogram.add(20, 5)
    look()
    look()
    histogram.add(20, 2)
    histogram.add(500)
    look()
    const counts = told.map(({ times }) => times.gap.counts.map(([, count]) => count))
    expect(counts).to.deep.equal([[5], [2, 1]])
    expect(told[0].times.gap.sumS).to.be.closeTo(0.1, 0.0001)
    expect(told[1].times.gap.sumS).to.be.closeTo(0.54, 0.0005)
  })
})
