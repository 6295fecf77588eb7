import type { Distribution, Metrics } from '../../../instrument/inference/result.js'
import { formatCount, formatNumber } from '../../../platform/units.js'
import type { Style } from '../../../report/style.js'
import { renderTable, type Column } from '../../../report/table.js'

interface Row {
  name: string
  meaning: string
  times: Distribution
}

/** From here on seconds are read more easily. */
const SECONDS_FROM_MS = 10_000
const DASH = '–'

/** The times of all requests, one kind a row; rows that would only repeat the one above are left out. */
export function latencyTable(metrics: Metrics, style: Style): string[] {
  return renderTable(columnsFor(rowsOf(metrics)), rowsOf(metrics), style, '  ')
}

export function hasUnreliableP99(metrics: Metrics): boolean {
  return rowsOf(metrics).some(({ times }) => !times.p99Reliable)
}

/** Requests left later than they were due, so that it shows. */
export function isLate({ fromSchedule, ttftMs, e2eMs }: Metrics): boolean {
  return (
    fromSchedule !== null &&
    (differs(fromSchedule.ttftMs, ttftMs) || differs(fromSchedule.e2eMs, e2eMs))
  )
}

function rowsOf(metrics: Metrics): Row[] {
  const { ttftMs, ttfoMs, tpotMs, itlMs, chunkGapMs, e2eMs, fromSchedule } = metrics
  const row = (name: string, meaning: string, times: Distribution): Row[] =>
    times.n > 0 ? [{ name, meaning, times }] : []
  const due = (times: Distribution | undefined, send: Distribution) =>
    times && differs(times, send)
      ? row('  from due', 'incl. time waiting in the client', times)
      : []
  return [
    ...row('TTFT', 'time to first token', ttftMs),
    ...due(fromSchedule?.ttftMs, ttftMs),
    ...(differs(ttfoMs, ttftMs) ? row('TTFO', 'time to first token of the answer', ttfoMs) : []),
    ...row('TPOT', 'time per output token', tpotMs),
    ...row('ITL', 'gap between tokens', itlMs),
    ...(differs(chunkGapMs, itlMs) ? row('chunk gap', 'gap between events', chunkGapMs) : []),
    ...row('E2E', 'end to end', e2eMs),
    ...due(fromSchedule?.e2eMs, e2eMs),
  ]
}

/** By more than rounding shows. */
function differs(a: Distribution, b: Distribution): boolean {
  return (['mean', 'p50', 'p99'] as const).some(
    (figure) => Math.abs((a[figure] ?? 0) - (b[figure] ?? 0)) > 0.01 * (b[figure] ?? 0),
  )
}

function columnsFor(rows: readonly Row[]): Column<Row>[] {
  const isMarked = rows.some(({ times }) => !times.p99Reliable)
  const figure = (
    title: string,
    importance: number,
    of: (times: Distribution) => number | null,
  ) => ({
    title,
    importance,
    align: 'right' as const,
    text: ({ times }: Row) => inUnitOf(times, of(times)),
  })
  return [
    { title: '', text: ({ name }) => name, importance: 10 },
    { title: '', text: ({ times }) => unitOf(times), align: 'right', importance: 10 },
    figure('mean', 9, ({ mean }) => mean),
    figure('p50', 9, ({ p50 }) => p50),
    figure('p90', 7, ({ p90 }) => p90),
    {
      ...figure('p99', 9, ({ p99 }) => p99),
      text: ({ times }) =>
        inUnitOf(times, times.p99) + (isMarked ? (times.p99Reliable ? '  ' : ' ?') : ''),
    },
    figure('p99.9', 6, ({ p999 }) => p999),
    figure('max', 3, ({ max }) => max),
    {
      title: 'n',
      text: ({ times }) => formatCount(times.n),
      align: 'right',
      importance: 2,
    },
    { title: '', text: ({ meaning }) => meaning, importance: 4, isWhole: true },
  ]
}

function unitOf({ p50 }: Distribution): string {
  return (p50 ?? 0) >= SECONDS_FROM_MS ? 's' : 'ms'
}

function inUnitOf(times: Distribution, value: number | null): string {
  if (value === null) return DASH
  return formatNumber(unitOf(times) === 's' ? value / 1000 : value)
}
