import { oneLine } from '../platform/printable.js'
import type { Style } from './style.js'
import { padVisible, visibleWidth } from './wrap.js'

export interface Column<Row> {
  title: string
  text(row: Row): string
  align?: 'left' | 'right'
  /** The columns with the lowest go first when the width is short; default 5. */
  importance?: number
  /** Says nothing when it is cut: rather left out. */
  isWhole?: boolean
  paint?(text: string, row: Row): string
}

const GAP = '  '

/** Thin columns, no boxes, no wrapping: what does not fit is left out, column by column, and at last cut. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { columns: width, quiet }: Style,
  indent = '',
): string[] {
  const filled = columns
    .map((column) => ({ ...column, text: (row: Row) => oneLine(column.text(row)) }))
    .filter((column) => rows.some((row) => column.text(row) !== ''))
  const kept = fitting(filled, rows, width - indent.length)
  const widths = kept.map((column) => widthOf(column, rows))
  const line = (cells: readonly string[]) => (indent + cells.join(GAP)).trimEnd()
  const header = kept.map((column, i) => pad(column.title, widths[i], column.align))
  const body = rows.map((row) =>
    line(
      kept.map((column, i) => {
        const last = i === kept.length - 1
        const room = width - indent.length - sum(widths.slice(0, i)) - GAP.length * i
        const text = last ? cut(column.text(row), room) : column.text(row)
        const padded = last && column.align !== 'right' ? text : pad(text, widths[i], column.align)
        return column.paint ? padded.replace(text, () => column.paint!(text, row)) : padded
      }),
    ),
  )
  const hasTitles = kept.some(({ title }) => title !== '')
  return hasTitles ? [quiet(line(header)), ...body] : body
}

/** By importance, each that there is still room for. */
function fitting<Row>(columns: Column<Row>[], rows: readonly Row[], width: number): Column<Row>[] {
  const isTooWide = (some: readonly Column<Row>[]) => {
    const needed = some.map((column, i) =>
      // The last column of text may be cut.
      i === some.length - 1 && column.align !== 'right' && !column.isWhole
        ? Math.min(24, widthOf(column, rows))
        : widthOf(column, rows),
    )
    return sum(needed) + GAP.length * (some.length - 1) > width
  }
  const byImportance = columns.toSorted((a, b) => importanceOf(b) - importanceOf(a))
  let kept: Column<Row>[] = []
  for (const next of byImportance) {
    const more = columns.filter((column) => column === next || kept.includes(column))
    if (kept.length === 0 || !isTooWide(more)) kept = more
  }
  return kept
}

function importanceOf<Row>({ importance }: Column<Row>): number {
  return importance ?? 5
}

function widthOf<Row>({ title, text }: Column<Row>, rows: readonly Row[]): number {
  return Math.max(visibleWidth(title), ...rows.map((row) => visibleWidth(text(row))))
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  return align === 'right'
    ? ' '.repeat(Math.max(0, width - visibleWidth(text))) + text
    : padVisible(text, width)
}

/** Of parts that a dot separates, those that fit; within a part only when the first one is too long already. */
export function cut(text: string, width: number): string {
  if (visibleWidth(text) <= width) return text
  let room = ''
  for (const character of text) {
    if (visibleWidth(room + character) > width - 1) break
    room += character
  }
  const end = text.lastIndexOf(' · ', room.length)
  return end > 0 ? text.slice(0, end) : room + '…'
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
