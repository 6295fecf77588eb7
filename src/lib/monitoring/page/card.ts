import { seriesClass, type Series, type Span } from '../../charts/chart.js'
import type { LiveChart } from '../../charts/interactive.js'
import { lineChart } from '../../charts/line-chart.js'
import { stateChart, stateChartHeight } from '../../charts/state-chart.js'
import { element, escaped } from '../../charts/svg.js'
import { unitWord, valueText, type Unit } from '../../charts/unit.js'
import { formatCount } from '../../platform/units.js'
import { hasRows, type PanelKind } from '../panels/panel.js'
import type { PanelFigures } from './collect.js'

/** Pixels, of the picture that is there before a browser draws it anew. */
const WIDTH = 560
const HEIGHT = 190

const PEAKS = 'those with the highest peaks'
/** Which of too many series are drawn. */
const FIRST: Readonly<Record<PanelKind, string>> = {
  ...{ lines: PEAKS, stacked: PEAKS, stat: PEAKS },
  bands: 'those that were down first',
  alarms: 'those that were ever on first',
}

interface Picture {
  times: readonly number[]
  from: number
  to: number
  mostPoints: number
}

/** What the script draws of a panel; undefined of one without a chart. */
export function liveChart(
  { panel, series }: PanelFigures,
  spans: readonly Span[],
): LiveChart | undefined {
  if (panel.kind === 'stat' || series.length === 0) return undefined
  const isStates = hasRows(panel)
  return {
    kind: panel.kind === 'bands' ? 'states' : panel.kind,
    label: panel.title,
    unit: panel.unit,
    height: isStates ? stateChartHeight(series.length) : HEIGHT,
    series,
    spans: isStates ? [] : spans,
  }
}

/** A panel as it stands in the page. `index` is the number of its chart. */
export function card(
  figures: PanelFigures,
  chart: LiveChart | undefined,
  index: number,
  picture: Picture,
): string {
  const { panel, series, omitted, error } = figures
  const unit = unitWord(panel.unit)
  const word = panel.title.toLowerCase().includes(unit) ? '' : unit
  const title = element('h4', {}, escaped(panel.title) + (word ? element('small', {}, word) : ''))
  const about = element(
    'details',
    {},
    element('summary', { 'aria-label': 'What this shows' }, '?') +
      element('p', {}, prose(panel.description)),
  )
  const more =
    omitted === 0
      ? ''
      : element(
          'p',
          { class: 'note' },
          `${series.length} of ${series.length + omitted}: ${FIRST[panel.kind]}.`,
        )
  return element(
    'figure',
    {
      class: hasRows(panel) && chart ? 'wide' : undefined,
      'data-chart': chart ? index : undefined,
    },
    element('figcaption', {}, title + about) +
      inside(figures, chart, picture) +
      more +
      (error === null ? '' : element('p', { class: 'bad' }, escaped(error))),
  )
}

function inside(
  { panel, series }: PanelFigures,
  chart: LiveChart | undefined,
  picture: Picture,
): string {
  if (panel.kind === 'stat') return numbers(series, panel.unit)
  if (!chart) return ''
  const about = { ...chart, ...picture, width: WIDTH }
  const { svg } = hasRows(panel)
    ? stateChart({ ...about, isAlarm: chart.kind === 'alarms' })
    : lineChart({ ...about, isStacked: chart.kind === 'stacked' })
  const plot = element('div', { class: 'plot' }, svg)
  return hasRows(panel) ? plot : plot + legend(series, panel.unit)
}

/** The last value of each, large. */
function numbers(series: readonly Series[], unit: Unit): string {
  const one = ({ name, values }: Series) => {
    const last = values.findLast((value) => value !== null)
    const [number, suffix] = parted(
      isCounted(unit, last) ? formatCount(last) : valueText(unit, last),
    )
    const small = suffix ? element('small', {}, suffix) : ''
    return element('div', {}, element('b', {}, number + small) + element('span', {}, escaped(name)))
  }
  return element('div', { class: 'stat' }, series.map(one).join(''))
}

function legend(series: readonly Series[], unit: Unit): string {
  const head = ['mean', 'max', 'last'].map((word) =>
    element('th', { class: CLASS_OF[word], scope: 'col' }, word),
  )
  const rows = series.map(({ name, values }, index) => {
    const there = values.filter((value) => value !== null)
    const mean = there.reduce((a, b) => a + b, 0) / there.length
    const max = there.reduce((a, b) => Math.max(a, b), -Infinity)
    const cells = [
      element('td', { class: 'low' }, valueText(unit, mean)),
      element('td', {}, valueText(unit, max)),
      element('td', { class: 'now' }, valueText(unit, there.at(-1))),
    ]
    const label = name === '' ? 'value' : name
    const button = element('button', { title: label }, element('i', {}, '') + escaped(label))
    return element(
      'tr',
      { 'data-s': index, class: seriesClass(index) },
      element('td', {}, button) + cells.join(''),
    )
  })
  const table = element(
    'table',
    { class: 'legend' },
    element('tr', {}, '<th></th>' + head.join('')) + rows.join(''),
  )
  return rows.length > 7 ? element('div', { class: 'many' }, table) : table
}

/** What was counted is told to the last one, for two counts to be compared. */
const isCounted = (unit: Unit, value: number | null | undefined): value is number =>
  (unit === 'count' || unit === 'tokens') && Number.isInteger(value) && value! < 1e9

const CLASS_OF: Readonly<Record<string, string>> = { mean: 'low', last: 'now' }

const parted = (text: string): [string, string] => {
  const at = text.lastIndexOf(' ')
  // A narrow blank parts thousands; the unit stands behind a plain one.
  return at === -1 || /\d/.test(text.slice(at))
    ? [text, '']
    : [text.slice(0, at), text.slice(at + 1)]
}

/** Words between back-ticks are commands. */
const prose = (text: string): string =>
  escaped(text).replace(/`([^`]+)`/g, (_, code: string) => element('code', {}, code))
