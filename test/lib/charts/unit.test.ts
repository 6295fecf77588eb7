import { expect } from 'chai'
import { timeTicks, valueAxis } from '../../../src/lib/charts/axes.js'
import { textWidth } from '../../../src/lib/charts/svg.js'
import { unitWord, valueText, type Unit } from '../../../src/lib/charts/unit.js'

describe('values of charts', () => {
  const cases: [Unit, number | null, string][] = [
    ['seconds', 0.00085, '850 µs'],
    ['seconds', 0.0124, '12.4 ms'],
    ['seconds', 90, '90 s'],
    ['seconds', 1800, '30 min'],
    ['seconds', 0, '0 s'],
    ['bytes', 1536 * 2 ** 20, '1.50 GiB'],
    ['bytes/s', 2 ** 20, '1 MiB/s'],
    ['ratio', 0.375, '37.5 %'],
    ['count', 7, '7'],
    ['requests/s', 1512, '1\u202f510'],
    ['tokens/s', 54_321, '54.3 k'],
    ['watts', 1200, '1.20 kW'],
    ['hertz', 1.41e9, '1.41 GHz'],
    ['count', null, '–'],
    ['count', NaN, '–'],
  ]
  for (const [unit, value, text] of cases)
    it(`${value} in ${unit} is ${text}`, () =>
      expect(valueText(unit, value).replace(/ (?=\d{3})/, '\u202f')).to.equal(text))

  it('says a rate’s unit once, above the chart', () => {
    expect(unitWord('requests/s')).to.equal('requests/s')
    expect(unitWord('bytes/s')).to.equal('')
  })
})

describe('the axis of values', () => {
  const texts = (unit: Unit, low: number, high: number) =>
    valueAxis(unit, low, high).ticks.map(({ text }) => text)

  it('has round numbers of the unit that is written', () => {
    expect(texts('bytes', 0, 3.4 * 2 ** 30)).to.deep.equal([
      '0',
      '1 GiB',
      '2 GiB',
      '3 GiB',
      '4 GiB',
    ])
    expect(texts('seconds', 0, 0.0042)).to.deep.equal(['0', '1 ms', '2 ms', '3 ms', '4 ms', '5 ms'])
    expect(texts('seconds', 0, 0.0007)).to.include('600 µs')
  })

  it('draws most of a share out of the whole, and a small share large', () => {
    expect(texts('ratio', 0, 0.8).at(-1)).to.equal('100 %')
    expect(valueAxis('ratio', 0, 0.012).high).to.be.closeTo(0.012, 1e-9)
  })

  it('has a height also where all is zero or below', () => {
    for (const [low, high] of [
      [0, 0],
      [-5, 0],
      [-5, 3],
    ]) {
      const axis = valueAxis('count', low, high)
      expect(axis.high).to.be.greaterThan(axis.low)
      expect(axis.low).to.be.at.most(low)
      expect(axis.high).to.be.at.least(high)
    }
  })
})

describe('the axis of time', () => {
  it('has moments that do not run into each other, however long the time and wide the chart', () => {
    const from = Date.UTC(2026, 10, 27, 13, 59, 47)
    for (const seconds of [3, 20, 66, 400, 3600, 50_000, 400_000, 9_000_000])
      for (const width of [240, 330, 580, 1200]) {
        const ticks = timeTicks(from, from + seconds * 1000, width)
        const about = `${seconds} s in ${width} pixels: ${ticks.map(({ text }) => text).join(' ')}`
        for (const [index, { at, text }] of ticks.slice(1).entries()) {
          const apart = ((at - ticks[index].at) / (seconds * 1000)) * width
          expect(apart, about).to.be.greaterThan(textWidth(text) + 4)
        }
        expect(ticks.length, about).to.be.at.least(1)
      }
  })
})
