import type { Style } from '../../../report/style.js'
import { renderTable, type Column } from '../../../report/table.js'
import { wrapWords } from '../../../report/wrap.js'
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
  return `${oneLine(name)} is no longer scraped by ${monitors}; what was stored stays`
}

type Labels = Readonly<Record<string, string>>

interface Row {
  text: string
  value: number
}

function columns(title: string): readonly Column<Row>[] {
  return [
    { title: 'VALUE', text: ({ value }) => valueOf(value), align: 'right', isWhole: true },
    { title, text: ({ text }) => text },
  ]
}

/** Of one moment a line a series; of a time each series with a line a moment. What all series share stands above, once. */
export function queryView({ series, from }: QueryReport, style: Style): string {
  if (series.length === 0) return 'no data: no series matches at that time'
  const shared = series.length > 1 ? sharedBy(series.map(({ labels }) => labels)) : {}
  const rest = (labels: Labels) => seriesName(without(labels, shared))
  const head = Object.keys(shared).length === 0 ? [] : wrapped(seriesName(shared), style)
  if (from !== null)
    return [
      ...head,
      ...series.flatMap((one) => [...wrapped(rest(one.labels), style), ...momentsOf(one, style)]),
    ].join('\n')
  const rows = series.flatMap(({ labels, samples }) =>
    samples.map(({ value }) => ({ value, text: rest(labels) })),
  )
  return [...head, ...renderTable(columns('SERIES'), rows, style)].join('\n')
}

function wrapped(text: string, style: Style): string[] {
  return text === '' ? [] : wrapWords(text, style.columns).map((line) => style.strong(line))
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

/** Whole numbers as they are; of others six digits, all of them under `--json`. */
function valueOf(value: number): string {
  return Number.isFinite(value) && !Number.isInteger(value)
    ? String(Number(value.toPrecision(6)))
    : String(value)
}

function sharedBy(all: readonly Labels[]): Labels {
  const [first, ...others] = all
  return Object.fromEntries(
    Object.entries(first).filter(([label, value]) => others.every((one) => one[label] === value)),
  )
}

function without(labels: Labels, shared: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(([label]) => !Object.hasOwn(shared, label)),
  )
}

/** The ends of a long line may be cut: what tells series apart comes first. */
const LAST = ['instance', 'instance_id', 'slurm_job_id']

function seriesName({ __name__: name = '', ...labels }: Labels): string {
  const pairs = Object.entries(labels)
    .toSorted(([a], [b]) => LAST.indexOf(a) - LAST.indexOf(b))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return oneLine(pairs.length === 0 ? name : `${name}{${pairs.join(', ')}}`)
}
