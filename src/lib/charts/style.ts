/**
 * Colours of charts, for light and for dark: what the reader's system asks for, or what `data-theme` on the root says. Blue and orange come
 * first, which nearly everybody can tell apart; lines have at least 3:1 against the ground on either.
 */
const LIGHT = {
  colours: '#2563eb #d97706 #059669 #c026d3 #dc2626 #0891b2 #7c3aed #65a30d #db2777 #57534e',
  ground: '#ffffff',
  text: '#57606a',
  grid: '#e8ebef',
  axis: '#c3c9d1',
  before: '#d97706',
  main: '#2563eb',
  after: '#7c3aed',
  on: '#1a9c68',
  off: '#dc2626',
}
const DARK: typeof LIGHT = {
  colours: '#6ea8fe #f5a742 #3ecf8e #e879f9 #f87171 #38cfe6 #a78bfa #a3d93c #f472b6 #b8b2aa',
  ground: '#161b22',
  text: '#9aa4b0',
  grid: '#252c35',
  axis: '#3d4651',
  before: '#f5a742',
  main: '#6ea8fe',
  after: '#a78bfa',
  on: '#2fae78',
  off: '#f87171',
}

export const chartStyle = `
:root{${variables(LIGHT)}}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){${variables(DARK)}}}
:root[data-theme=dark]{${variables(DARK)}}
.chart{display:block;max-width:100%;height:auto;font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
.chart text{fill:var(--chart-text)}
.chart .grid{stroke:var(--chart-grid)}
.chart .zero,.chart .tick{stroke:var(--chart-axis)}
.chart .line{fill:none;stroke:var(--s);stroke-width:15;stroke-linejoin:round;stroke-linecap:round}
.chart .line.again{stroke-dasharray:50 40}
.chart .area{fill:var(--s);opacity:.1}
.chart .layer{fill:var(--s);opacity:.35}
.chart .span{opacity:.07}.chart .strip{opacity:.75}
.chart .before{fill:var(--chart-before)}.chart .main{fill:var(--chart-main)}.chart .after{fill:var(--chart-after)}
.chart .phase{font-size:10px}
.chart .on{fill:var(--chart-on)}.chart .off{fill:var(--chart-off)}
.chart .alarm{fill:var(--chart-before)}.chart .calm{fill:var(--chart-grid)}
${LIGHT.colours
  .split(' ')
  .map((_, index) => `.s${index}{--s:var(--s${index})}`)
  .join('')}
`

function variables({ colours, ...named }: typeof LIGHT): string {
  return [
    ...colours.split(' ').map((colour, index) => `--s${index}:${colour}`),
    ...Object.entries(named).map(([name, colour]) => `--chart-${name}:${colour}`),
  ].join(';')
}
