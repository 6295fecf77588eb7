import type { Style } from '../../../report/style.js'
import { renderTable, type Column } from '../../../report/table.js'
import { oneLine } from '../../../platform/printable.js'
import type { AttachReport } from '../attach.js'
import type { QueryReport } from '../query.js'

export function attachedView({ name, monitors, targets }: AttachReport): string {
  const lines = targets.map(
    ({ job, url, samples }) =>
      `${oneLine(job)} at ${oneLine(url)}${samples === null ? '' : `, ${samples} samples`}`,
  )
  return [`${oneLine(name)} is scraped by ${monitors}`, ...lines.map((line) => `  ${line}`)].join(
    '\n',
  )
}

export function detachedView({ name, monitors }: AttachReport): string {
  return `${oneLine(name)} is no longer scraped by ${monitors}; what was kept of it stays`
}

interface Row {
  text: string
  value: number
}

function columns(title: string): readonly Column<Row>[] {
  return [
    { title: 'VALUE', text: ({ value }) => String(value), align: 'right', isWhole: true },
    { title, text: ({ text }) => text },
  ]
}

/** Of one moment a line a series; of a time each series with a line a moment. */
export function queryView({ series, from }: QueryReport, style: Style): string {
  if (series.length === 0) return 'There is no such series then'
  if (from !== null)
    return series.flatMap((one) => [seriesName(one.labels), ...momentsOf(one, style)]).join('\n')
  const rows = series.flatMap(({ labels, samples }) =>
    samples.map(({ value }) => ({ value, text: seriesName(labels) })),
  )
  return renderTable(columns('SERIES'), rows, style).join('\n')
}

function momentsOf({ samples }: QueryReport['series'][number], style: Style): string[] {
  const rows = samples.map(({ at, value }) => ({
    ...{ value, text: new Date(at).toISOString().slice(11, 19) },
  }))
  return renderTable(columns('UTC'), rows, style, '  ')
}

export function queryLine({ series }: QueryReport): string {
  return series.map(({ samples }) => samples.map(({ value }) => value).join(' ')).join('\n')
}

function seriesName({ __name__: name = '', ...labels }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return oneLine(pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(', ')}}`)
}
