import type { ListName } from '../../../instrument/filesystem/corpus/contract.js'
import { formatCount, formatNumber } from '../../../platform/units.js'
import { flow } from '../../../report/flow.js'
import { plainStyle, type Style } from '../../../report/style.js'
import { renderTable, type Column } from '../../../report/table.js'
import type { Cell, Comparison, Row, Subject } from '../compare.js'

const LISTS: Readonly<Record<ListName, string>> = {
  lustre: 'public results of Lustre since 2020',
  all: 'public results',
  '10-node': 'public results of 10 nodes',
}

/** Why a result does not count is told in full by `explain`. */
const MAX_REASONS = 2
const MAX_NAME = 32

/** Who is who, then figure by figure, then what to know before believing it. */
export function compareView(comparison: Comparison, style: Style): string {
  const { subjects, rows } = comparison
  const parts = [
    renderTable(subjectColumns(style), subjects, style, '  '),
    renderTable(figureColumns(comparison, style), rows, style, '  '),
    remarks(comparison, style),
    notes(comparison, style),
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** One line a subject, for scripts. */
export function compareLine({ subjects, rows }: Comparison): string {
  return subjects
    .map(({ label, name, valid }, index) => {
      const score = rows.find((row) => row.name === 'score')?.cells[index]
      return [
        `${label}=${name}`,
        `score=${score?.value ?? 'null'}`,
        `percentile=${score?.percentile ?? 'null'}`,
        `valid=${valid}`,
      ].join(' ')
    })
    .join('\n')
}

function subjectColumns(style: Style): Column<Subject>[] {
  const number = (value: number | null) => (value === null ? '–' : formatCount(value))
  return [
    { title: '', text: ({ label }) => label, importance: 10, paint: (text) => style.strong(text) },
    { title: 'nodes', text: ({ nodes }) => number(nodes), align: 'right', importance: 7 },
    { title: 'processes', text: ({ tasks }) => number(tasks), align: 'right', importance: 6 },
    {
      title: 'stonewall',
      text: ({ stonewallSeconds }) => (stonewallSeconds === null ? '' : `${stonewallSeconds} s`),
      align: 'right',
      importance: 4,
    },
    {
      title: 'repeats',
      text: ({ repeats }) => (repeats > 1 ? String(repeats) : ''),
      align: 'right',
      importance: 5,
    },
    { title: 'release', text: ({ version }) => version ?? '', importance: 3 },
    {
      title: '',
      text: ({ valid, isComplete }) => (valid ? 'valid' : isComplete ? 'invalid' : 'not complete'),
      importance: 9,
      paint: (text, { valid }) => (valid ? style.good(text) : style.bad(text)),
    },
    { title: 'result', text: ({ name }) => endOf(name), importance: 8 },
  ]
}

/** Of a long path its end, which tells it from the others; not the file that every result has. */
function endOf(path: string): string {
  const name = path.replace(/\/result(?:_summary)?\.txt$/, '')
  if (name.length <= MAX_NAME) return name
  const end = name.slice(-MAX_NAME + 1)
  const slash = end.indexOf('/')
  return '…' + (slash >= 0 && slash < MAX_NAME / 2 ? end.slice(slash) : end)
}

/** Values first, as many as there is room for; then how they compare, and the list last. */
function figureColumns({ subjects, reference }: Comparison, style: Style): Column<Row>[] {
  const of = subjects.flatMap(({ label, repeats }, index): Column<Row>[] => {
    const cellOf = ({ cells }: Row) => cells[index]
    const text = (show: (cell: Cell) => string) => (row: Row) => {
      const cell = cellOf(row)
      return cell === null ? '' : show(cell)
    }
    const painted = (content: string, row: Row) =>
      cellOf(row)?.valid === false ? style.bad(content) : content
    return [
      {
        title: label,
        text: (row) => (cellOf(row) === null ? '–' : formatNumber(cellOf(row)!.value)),
        align: 'right',
        importance: 90 - index,
        paint: painted,
      },
      {
        title: 'spread',
        text: repeats > 1 ? text(({ min, max }) => spreadText(min, max)) : () => '',
        align: 'right',
        importance: 60 - index,
      },
      {
        title: `${label}/A`,
        text: text(({ ratio }) => (ratio === null ? '' : formatNumber(ratio))),
        align: 'right',
        importance: 70 - index,
      },
      {
        title: 'place',
        text: text(({ percentile }) => (percentile === null ? '' : `${Math.round(percentile)} %`)),
        align: 'right',
        importance: 50 - index,
      },
    ]
  })
  return [
    { title: '', text: ({ name }) => name, importance: 100 },
    { title: '', text: ({ unit }) => unit, importance: 68.5 },
    ...of,
    {
      title: reference?.name ?? '',
      text: (row) => (reference && row.reference !== null ? formatNumber(row.reference) : ''),
      align: 'right',
      importance: 30,
    },
    {
      title: 'median',
      text: ({ median }) => (median === null ? '' : formatNumber(median)),
      align: 'right',
      importance: 20,
    },
  ]
}

function spreadText(min: number, max: number): string {
  return `${formatNumber(min)}–${formatNumber(max)}`
}

/** What the figures beside the values are, and what there was no room for. */
function remarks(comparison: Comparison, style: Style): string[] {
  const { list, place, reference, rows } = comparison
  const hasPlaces = rows.some(({ cells }) => cells.some((cell) => cell?.percentile != null))
  const count = formatCount(list.results)
  const texts = [
    hiddenText(comparison, style),
    hasPlaces &&
      `place: how many of ${count} ${LISTS[list.name]} are not better (IO500, ${list.date})`,
    place &&
      `A would be number ${place.rank} of ${place.of}: ${[
        place.above && `above it ${place.above}`,
        place.below && `below it ${place.below}`,
      ]
        .filter(Boolean)
        .join('; ')}`,
    reference &&
      `${reference.name}: its published result of ISC21, ${formatCount(reference.nodes ?? 0)} nodes and ${formatCount(reference.tasks ?? 0)} processes`,
  ]
  return texts.flatMap((text) =>
    flow([text], { width: style.columns, indent: 2 }).map((line) => style.quiet(line)),
  )
}

function hiddenText(comparison: Comparison, { columns }: Style): string | false {
  const narrow = { ...plainStyle, columns }
  const [titles = ''] = renderTable(figureColumns(comparison, narrow), comparison.rows, narrow, '')
  const shown = titles.trim().split(/\s+/)
  const hidden = comparison.subjects.filter(({ label }) => !shown.includes(label))
  if (hidden.length === 0) return false
  return `no room for ${hidden[0].label}${hidden.length > 1 ? ` to ${hidden.at(-1)!.label}` : ''}: in a wider window, or with --json`
}

function notes({ subjects, differences }: Comparison, style: Style): string[] {
  const invalid = subjects
    .filter(({ valid }) => !valid)
    .map(({ label, isComplete, why }) => {
      const more = why.length - MAX_REASONS
      const reasons = why.slice(0, MAX_REASONS).join(' ')
      const rest = more > 0 ? ` And ${more} more: see explain.` : ''
      return `${label} ${isComplete ? 'is invalid' : 'is not complete'}${reasons && `: ${reasons}`}${rest}`
    })
  const lines = [...invalid, ...differences.map((text) => `They have ${text}.`)]
  return lines.flatMap((text) =>
    flow([text], { width: style.columns, name: `  ${style.waiting('!')}`, indent: 4 }),
  )
}
