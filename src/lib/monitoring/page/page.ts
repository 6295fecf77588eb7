import type { Span } from '../../charts/chart.js'
import { coarser, packed, type LiveChart } from '../../charts/interactive.js'
import { element, escaped } from '../../charts/svg.js'
import { card, liveChart } from './card.js'
import type { BoardFigures, Collected } from './collect.js'
import { pageStyle } from './style.js'

export interface Page {
  title: string
  lead: string
  /** What is worth knowing first, a few words each. */
  facts: readonly (readonly [string, string])[]
  /** How it was made. */
  footer: string
  collected: Collected
  /** `dist/charts.js`. */
  script: string
}

/** Nothing is asked of any other place, and the browser is told so. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
const MOST_BYTES = 400_000

/** How fine a page is: points of a line in its pictures, and in what its script draws. */
interface Fineness {
  pictured: number
  drawn: number
}

const FINENESS: readonly Fineness[] = [
  { pictured: 280, drawn: Infinity },
  { pictured: 140, drawn: Infinity },
  { pictured: 60, drawn: Infinity },
  { pictured: 60, drawn: 240 },
  { pictured: 40, drawn: 120 },
  { pictured: 24, drawn: 60 },
]

/**
 * One HTML file that needs nothing else. The pictures in it are whole without the script. Where very many lines make it too large, they get
 * coarser first, and then what the script draws: peaks and gaps stay.
 */
export function page(about: Page): string {
  let text = ''
  for (const fineness of FINENESS) {
    text = written(about, fineness)
    if (Buffer.byteLength(text) <= MOST_BYTES) break
  }
  return text
}

function written(
  { title, lead, facts, footer, collected, script }: Page,
  fineness: Fineness,
): string {
  const { grid, times, boards } = collected
  const charts: LiveChart[] = []
  const picture = { times, from: grid.from, to: grid.to, mostPoints: fineness.pictured }
  const sections = boards.map((board) => section(board, collected.spans, charts, picture))
  const body = [
    element(
      'header',
      {},
      element('h1', {}, escaped(title)) +
        element('p', { class: 'lead' }, escaped(lead)) +
        factList(facts),
    ),
    navigation(boards),
    element(
      'main',
      {},
      sections.join('\n') || element('p', { class: 'none' }, 'There are no metrics for this time.'),
    ),
    element('footer', {}, escaped(footer)),
    element(
      'script',
      { type: 'application/gzip+base64', id: 'figures' },
      packed(coarser({ times, from: grid.from, to: grid.to, charts }, fineness.drawn)),
    ),
    // Nothing in our own script ends the element; a string that would is not in it.
    `<script>${script.replace(/<\/script/gi, '<\\/script')}</script>`,
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
${body.join('\n')}
</body>
</html>
`
}

function section(
  { board, rows, empty }: BoardFigures,
  spans: readonly Span[],
  charts: LiveChart[],
  picture: Parameters<typeof card>[3],
): string {
  const drawn = rows.map(({ title, panels }) => {
    const cards = panels.map((figures) => {
      const chart = liveChart(figures, board.hasPhases ? spans : [])
      const text = card(figures, chart, charts.length, picture)
      if (chart) charts.push(chart)
      return { text, isNumber: figures.panel.kind === 'stat' }
    })
    const grid = (name: string, isNumber: boolean) => {
      const inside = cards.filter((one) => one.isNumber === isNumber)
      return inside.length === 0
        ? ''
        : element('div', { class: name }, inside.map(({ text }) => text).join('\n'))
    }
    return element('h3', {}, escaped(title)) + grid('grid stats', true) + grid('grid', false)
  })
  const nothing =
    empty.length === 0
      ? ''
      : element('p', { class: 'note' }, `Nothing in this time: ${escaped(empty.join(' · '))}`)
  const head =
    element('h2', {}, escaped(shortTitle(board.title))) +
    element('p', {}, escaped(board.description))
  return element('section', { id: board.uid }, head + drawn.join('') + nothing)
}

function navigation(boards: readonly BoardFigures[]): string {
  const links = boards.map(({ board }) =>
    element('a', { href: `#${board.uid}` }, escaped(shortTitle(board.title))),
  )
  const buttons =
    '<button class="whole" hidden title="Esc, or a double click in a chart">Show all of the time</button>' +
    '<button class="theme" title="Light or dark">◐</button>'
  return element(
    'nav',
    {},
    element('div', {}, links.join('') + '<span class="gap"></span>' + buttons),
  )
}

function factList(facts: Page['facts']): string {
  const one = ([word, value]: readonly [string, string]) =>
    element('div', {}, element('dt', {}, escaped(word)) + element('dd', {}, escaped(value)))
  return facts.length === 0 ? '' : element('dl', { class: 'facts' }, facts.map(one).join(''))
}

/** `aibench: vLLM` is called so among others' dashboards; here it is `vLLM`. */
const shortTitle = (title: string): string => {
  const short = title.replace(/^aibench: /, '')
  return /^[a-z]+\b/.test(short) ? short[0].toUpperCase() + short.slice(1) : short
}
