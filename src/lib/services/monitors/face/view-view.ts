import { formatBytes, formatDuration } from '../../../platform/units.js'
import type { Style } from '../../../report/style.js'
import type { ViewReport } from '../view.js'

/** Where the page is, and what is on it. */
export function viewView(report: ViewReport, style: Style): string {
  const { path, bytes, boards, from, to, errors } = report
  const panels = boards.reduce((sum, board) => sum + board.panels, 0)
  const length = formatDuration(Date.parse(to) - Date.parse(from))
  const begin = `${from.slice(0, 19).replace('T', ' ')} UTC`
  const names = boards.map(({ title }) => title.replace(/^aibench: /, ''))
  return [
    path,
    `${panels} panels, ${formatBytes(bytes)}, needs no network · ${length} from ${begin}`,
    style.quiet(names.join(' · ')),
    ...errors.map((error) => style.bad(`not drawn: ${error}`)),
  ].join('\n')
}
