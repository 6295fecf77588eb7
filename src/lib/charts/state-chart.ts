import { drawTimeAxis } from './axes.js'
import type { Drawing, Plot, Series, TimeChart } from './chart.js'
import { element, escaped, shortened, textWidth } from './svg.js'

const ROW = 22
const AXIS = 24

/** As high as its rows need. */
export const stateChartHeight = (rows: number): number => 8 + rows * ROW + AXIS

interface StateChart extends Omit<TimeChart, 'unit' | 'height'> {
  /** 1 is what should not be: it is marked, and 0 hardly seen. */
  isAlarm?: boolean
}

/** A row a series: full where its value is 1, marked where it is 0, empty where there is none. */
export function stateChart(chart: StateChart): Drawing {
  const { from, to, width, times, series, label, isAlarm } = chart
  const [high, low] = isAlarm ? ['alarm', 'calm'] : ['on', 'off']
  const height = stateChartHeight(series.length)
  const longest = Math.max(0, ...series.map(({ name }) => textWidth(name)))
  const plot: Plot = {
    left: Math.ceil(Math.min(longest, width * 0.36)) + 13,
    right: width - 12,
    top: 8,
    bottom: height - AXIS,
  }
  const x = (at: number) => plot.left + ((at - from) / (to - from)) * (plot.right - plot.left)
  const rows = series.map((one, index) => {
    const y = plot.top + index * ROW
    const name = shortened(one.name || '–', plot.left - 12)
    const bars = barsOf(one, times).map((bar) => {
      const [left, right] = [Math.max(plot.left, x(bar.from)), Math.min(plot.right, x(bar.to))]
      if (right < left) return ''
      const box = { x: left, y: y + 4, width: Math.max(2, right - left), height: ROW - 9, rx: 2 }
      return element('rect', { ...box, class: bar.isOn ? high : low })
    })
    const text = { x: plot.left - 10, y: y + ROW / 2 + 3.5, 'text-anchor': 'end' }
    const full = element('title', {}, escaped(one.name))
    return element('text', text, full + escaped(name)) + bars.join('')
  })
  const svg = element(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img' },
    element('title', {}, escaped(label)) + rows.join('') + drawTimeAxis(from, to, plot),
  )
  return { svg, plot }
}

interface Bar {
  from: number
  to: number
  isOn: boolean
}

/** A value holds till the next; the last one for as long as the ones before it were apart. */
export function barsOf({ values }: Series, times: readonly number[]): Bar[] {
  const bars: Bar[] = []
  const step = times.length > 1 ? times[1] - times[0] : 0
  for (const [at, value] of values.entries()) {
    if (value === null) continue
    const [from, to, isOn] = [times[at], times[at + 1] ?? times[at] + step, value > 0]
    const last = bars.at(-1)
    if (last?.to === from && last.isOn === isOn) last.to = to
    else bars.push({ from, to, isOn })
  }
  return bars
}
