import type { ResultPhase } from '../../../instrument/filesystem/result.js'
import { formatDuration, formatNumber } from '../../../platform/units.js'
import { bar } from '../../../report/bar.js'
import { plainStyle, type Style } from '../../../report/style.js'
import { renderTable, type Column } from '../../../report/table.js'

/** A phase, and how far it varied over several repeats where there were some. */
export interface PhaseRow extends ResultPhase {
  range?: { min: number; max: number }
}

/** The phases in the order in which they ran, each with its place among the public results. */
export function phaseTable(
  phases: readonly PhaseRow[],
  list: string | null,
  style: Style,
): string[] {
  return renderTable<PhaseRow>(columnsFor(list, style), phases, style, '  ')
}

function columnsFor(list: string | null, style: Style): Column<PhaseRow>[] {
  return [
    { title: 'phase', text: ({ name }) => name, importance: 10 },
    {
      title: '',
      text: ({ value }) => (value === null ? '–' : formatNumber(value)),
      align: 'right',
      importance: 10,
    },
    { title: '', text: ({ unit }) => unit, importance: 9 },
    {
      title: 'over the repeats',
      text: ({ range }) =>
        range ? `${formatNumber(range.min)} to ${formatNumber(range.max)}` : '',
      align: 'right',
      importance: 4,
    },
    {
      title: 'time',
      text: ({ seconds }) => (seconds === null ? '–' : formatDuration(seconds * 1000)),
      align: 'right',
      importance: 8,
    },
    {
      title: list === null ? 'percentile' : `percentile (${list} list)`,
      text: ({ percentile }) => (percentile === null ? '' : percentileText(percentile)),
      importance: 6,
      isWhole: true,
    },
    {
      title: '',
      text: ({ valid, isScored, value }) =>
        !valid ? 'invalid' : isScored || value === null ? '' : 'not scored',
      importance: 9,
      paint: (text, { valid }) => (valid ? style.quiet(text) : style.bad(text)),
    },
  ]
}

/** `━━━━━╸──── 56 %`. */
function percentileText(percentile: number): string {
  return `${bar(percentile / 100, 10, plainStyle)} ${String(Math.round(percentile)).padStart(3)} %`
}
