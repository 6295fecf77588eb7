import { area, line } from 'd3-shape'
import { drawTimeAxis, drawValueAxis, valueAxis } from './axes.js'
import { seriesClass, type Drawing, type Plot, type Series, type TimeChart } from './chart.js'
import { CompactPath } from './compact-path.js'
import { drawSpans } from './spans.js'
import { element, escaped, rounded, textWidth } from './svg.js'
import { thinned } from './thinned.js'

export interface LineChart extends TimeChart {
  /** Parts of one whole: each upon the one before. */
  isStacked?: boolean
  /** Most points of a line that are drawn; peaks and dips stay. As many as there are pixels by default. */
  mostPoints?: number
}

/** Draws lines over time as SVG, without a browser and the same in one. Colours come from the style sheet of `style.ts`. */
export function lineChart(chart: LineChart): Drawing {
  const { from, to, width, height, unit, label } = chart
  const seen = shownOf(chart)
  const layers = chart.isStacked
    ? stacked(seen.series)
    : seen.series.map(({ values }) => ({ values }))
  const all = layers.flatMap(({ values }) => values).filter((value) => value !== null)
  const axis = valueAxis(unit, smallestOf(all), largestOf(all), height < 150 ? 3 : 4)
  const widest = Math.max(...axis.ticks.map(({ text }) => textWidth(text)))
  const plot: Plot = {
    left: Math.round(Math.max(56, widest + 12)),
    right: width - 12,
    top: chart.spans?.length ? 23 : 8,
    bottom: height - 24,
  }
  const x = (at: number) => plot.left + ((at - from) / (to - from)) * (plot.right - plot.left)
  const y = (value: number) =>
    plot.bottom - ((value - axis.low) / (axis.high - axis.low)) * (plot.bottom - plot.top)
  const marks = layers.map((layer, index) =>
    drawLayer(layer, index, { times: seen.times, x, y, floor: axis.low, chart }),
  )
  const clip = `c${rounded(plot.left)}-${rounded(width)}-${rounded(height)}-${plot.top}`
  const svg = element(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img' },
    element('title', {}, escaped(label)) +
      element(
        'clipPath',
        { id: clip },
        element('rect', {
          x: plot.left,
          y: plot.top - 2,
          width: plot.right - plot.left + 1,
          height: plot.bottom - plot.top + 4,
        }),
      ) +
      drawSpans(chart.spans ?? [], plot, x) +
      drawValueAxis(axis, plot, y) +
      drawTimeAxis(from, to, plot) +
      element(
        'g',
        { 'clip-path': `url(#${clip})` },
        element('g', { transform: 'scale(.1)' }, marks.join(' ')),
      ),
  )
  return { svg, plot }
}

interface Layer {
  values: readonly (number | null)[]
  /** What it stands upon; the floor without it. */
  base?: readonly (number | null)[]
}

interface Canvas {
  times: readonly number[]
  x(at: number): number
  y(value: number): number
  floor: number
  chart: LineChart
}

function drawLayer(
  { values, base }: Layer,
  index: number,
  { times, x, y, floor, chart }: Canvas,
): string {
  const points = values.map((value, at) => ({
    at: times[at],
    value,
    base: base?.[at] ?? Math.max(floor, 0),
  }))
  const isThere = ({ value }: (typeof points)[number]) => value !== null
  const [edge, fill] = [new CompactPath(), new CompactPath()]
  line<(typeof points)[number]>(
    ({ at }) => x(at),
    ({ value }) => y(value!),
  )
    .defined(isThere)
    .context(context(edge))(points)
  const name = seriesClass(index)
  const drawn = element('path', { class: `line ${name}`, 'data-s': index, d: edge.toString() })
  // A single line is easier to see with the area below it; many would hide each other.
  if (!chart.isStacked && chart.series.length > 1) return drawn
  area<(typeof points)[number]>(
    ({ at }) => x(at),
    (point) => y(point.base),
    ({ value }) => y(value!),
  )
    .defined(isThere)
    .context(context(fill))(points)
  const kind = chart.isStacked ? 'layer' : 'area'
  return element('path', { class: `${kind} ${name}`, 'data-s': index, d: fill.toString() }) + drawn
}

/** d3 asks for all of a canvas' context, and uses of it, for straight lines, what a {@link CompactPath} has. */
const context = (path: CompactPath): CanvasRenderingContext2D =>
  path as unknown as CanvasRenderingContext2D

/** What lies within the range, with a neighbour on each side for the lines to run out of the picture; thinned. */
function shownOf({ times, series, from, to, width, mostPoints = width }: LineChart): {
  times: readonly number[]
  series: readonly Series[]
} {
  const first = Math.max(0, times.findIndex((at) => at >= from) - 1)
  const after = times.findIndex((at) => at > to)
  const last = after === -1 ? times.length : after + 1
  const within = series.map(({ name, values }) => ({ name, values: values.slice(first, last) }))
  return thinned(times.slice(first, last), within, mostPoints)
}

/** Where a part has no value it adds nothing; where none has, there is a gap. */
function stacked(series: readonly Series[]): Layer[] {
  const length = series[0]?.values.length ?? 0
  let base: (number | null)[] = new Array<number | null>(length).fill(0)
  return series.map(({ values }) => {
    const below = base
    base = below.map((sum, at) => (sum ?? 0) + (values[at] ?? 0))
    const isGap = (at: number) => series.every((one) => one.values[at] == null)
    return { values: base.map((sum, at) => (isGap(at) ? null : sum)), base: below }
  })
}

const largestOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0)
const smallestOf = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), 0)
