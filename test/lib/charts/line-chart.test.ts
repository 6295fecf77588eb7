import { expect } from 'chai'
import { lineChart, type LineChart } from '../../../src/lib/charts/line-chart.js'
import { barsOf, stateChart } from '../../../src/lib/charts/state-chart.js'
import { thinned } from '../../../src/lib/charts/thinned.js'

const START = Date.UTC(2026, 10, 27, 14, 0)
const chart = (series: LineChart['series'], over: Partial<LineChart> = {}): LineChart => {
  const times = (series[0]?.values ?? [0, 0]).map((_, at) => START + at * 1000)
  const range = { from: times[0], to: times.at(-1)!, width: 600, height: 200 }
  return { label: 'Test', unit: 'count', times, series, ...range, ...over }
}
const pathsOf = (svg: string) =>
  [...svg.matchAll(/class="line[^"]*"[^>]* d="([^"]*)"/g)].map(([, d]) => d)

describe('a line chart', () => {
  it('interrupts the line at a gap, and shows a value that stands alone as a dot', () => {
    const [path] = pathsOf(
      lineChart(chart([{ name: 'a', values: [1, 2, null, 3, null, 1, 4] }])).svg,
    )
    expect(path.match(/M/g)).to.have.lengthOf(3)
    expect(path.match(/m-10 0h20/g)).to.have.lengthOf(1)
  })

  it('leaves out points on a level line, and ends where the last one is', () => {
    const { svg, plot } = lineChart(
      chart([{ name: 'a', values: Array.from({ length: 500 }, () => 5) }]),
    )
    expect(pathsOf(svg)).to.have.lengthOf(1)
    expect(pathsOf(svg)[0]).to.match(
      new RegExp(`^M${plot.left * 10} \\d+h${(plot.right - plot.left) * 10}$`),
    )
  })

  it('draws no line where there are no values, but the axes', () => {
    const { svg } = lineChart(chart([{ name: 'a', values: [null, null, null] }]))
    expect(pathsOf(svg)).to.deep.equal([''])
    expect(svg).to.include('14:00:01')
    expect(svg).not.to.include('NaN')
  })

  it('writes names of others as text, whatever they hold', () => {
    const spans = [{ from: START, to: START + 9e5, label: '<b>"', tone: 'main' as const }]
    const { svg } = lineChart(
      chart([{ name: 'a', values: [1, 2] }], { label: '<script>\u0000', spans }),
    )
    expect(svg).not.to.match(/<script|<b>|\u0000/)
    expect(svg).to.include('&#60;script&#62;\ufffd')
  })

  it('stacks parts upon each other', () => {
    const series = [
      { name: 'a', values: [1, 1, null] },
      { name: 'b', values: [2, null, null] },
    ]
    const { svg, plot } = lineChart(chart(series, { isStacked: true }))
    // The top of the axis is 3 or 4: the second line begins at 1 + 2, and falls to the first.
    const [first, second] = pathsOf(svg).map((d) => Number(/^M\d+ (\d+)/.exec(d)![1]))
    expect((plot.bottom * 10 - second) / (plot.bottom * 10 - first)).to.be.closeTo(3, 0.05)
    expect(svg.match(/class="layer/g)).to.have.lengthOf(2)
  })

  it('looks at a part of the time alone', () => {
    const values = Array.from({ length: 100 }, (_, at) => (at < 50 ? 1000 : 2))
    const whole = lineChart(chart([{ name: 'a', values }])).svg
    const part = lineChart(
      chart([{ name: 'a', values }], { from: START + 60_000, to: START + 90_000 }),
    ).svg
    expect(whole).to.include('1 000'.replace(' ', '\u202f'))
    expect(part).not.to.include('1\u202f000')
  })

  it('shades phases, and names those that have room', () => {
    const values = Array.from({ length: 100 }, () => 1)
    const spans = [
      { from: START, to: START + 1000, label: 'warm-up', tone: 'before' as const },
      { from: START + 1000, to: START + 99_000, label: 'measure', tone: 'main' as const },
    ]
    const { svg } = lineChart(chart([{ name: 'a', values }], { spans }))
    expect(svg.match(/class="span/g)).to.have.lengthOf(2)
    expect(svg).to.include('>measure<').and.not.to.include('>warm-up<')
  })
})

describe('fewer points', () => {
  it('keep every peak, dip and gap', () => {
    const values: (number | null)[] = Array.from({ length: 1000 }, () => 10)
    values[333] = 99
    values[701] = -5
    for (let at = 500; at < 520; at++) values[at] = null
    const times = values.map((_, at) => at)
    const { series, times: kept } = thinned(times, [{ name: 'a', values }], 200)
    expect(series[0].values).to.have.lengthOf(kept.length)
    expect(kept.length).to.be.at.most(200)
    expect(series[0].values).to.include.members([99, -5, null])
  })
})

describe('a chart of states', () => {
  it('joins what is the same, and parts what is not', () => {
    const bars = barsOf({ name: 'a', values: [1, 1, 0, null, 1] }, [0, 10, 20, 30, 40])
    expect(bars).to.deep.equal([
      { from: 0, to: 20, isOn: true },
      { from: 20, to: 30, isOn: false },
      { from: 40, to: 50, isOn: true },
    ])
  })

  it('shortens a long name, and has it whole for who points at it', () => {
    const name = 'service '.repeat(20)
    const { svg } = stateChart({ ...chart([{ name, values: [1, 0] }]), width: 400 })
    expect(svg).to.include(`<title>${name}</title>`).and.to.include('…</text>')
  })

  it('marks the time of an alarm, and not the time without one', () => {
    const classes = (isAlarm: boolean) => {
      const { svg } = stateChart({ ...chart([{ name: 'a', values: [0, 1, 0] }]), isAlarm })
      return [...svg.matchAll(/<rect[^>]*class="(\w+)"/g)].map(([, name]) => name)
    }
    expect(classes(false)).to.deep.equal(['off', 'on', 'off'])
    expect(classes(true)).to.deep.equal(['calm', 'alarm', 'calm'])
  })
})
