import type { Level, VectorResult } from '../../../instrument/vectors/result.js'
import { describeHardware } from '../../../platform/hardware-text.js'
import { formatCount, formatLatency, formatNumber } from '../../../platform/units.js'
import { flow } from '../../../report/flow.js'
import type { Shown } from '../../face/face.js'
import { monitoringParts } from '../../face/monitoring-lines.js'
import { fileLines, pathText } from '../../face/where-lines.js'
import type { Style } from '../../../report/style.js'
import { renderTable, type Column } from '../../../report/table.js'
import { searchLines } from '../../face/search-lines.js'
import { thresholdLines } from '../../face/threshold-lines.js'
import { verdictLine } from '../../face/verdict-line.js'

/** The answer first (thresholds), then what it rests on, then what to type next. */
export function benchView(result: VectorResult, style: Style, { service, verdict }: Shown): string {
  const levels = rowsOf(result)
  return [
    ...heading(result, service, style),
    '',
    ...thresholdLines(result.thresholds, !result.instrument.saturated, style),
    ...searchLines(result.search, STEP_COLUMNS, style),
    ...ingestLines(result, style),
    '',
    ...renderTable(columnsFor(result, style), levels, style, '  '),
    '',
    ...factLines(result, levels, style),
    ...result.warnings.flatMap((text) =>
      flow([text], { width: style.columns, name: `  ${style.waiting('!')}`, indent: 4 }),
    ),
    ...fileLines(result, service, style),
    ...verdictLine(verdict, { thresholds: result.thresholds, figures: summary(levels) }, style),
  ].join('\n')
}

/** One line for scripts and logs. */
export function benchLine(result: VectorResult): string {
  const best = bestOf(rowsOf(result))
  return [
    `run=${result.runId}`,
    `ingest_vps=${result.ingest.vectorsPerSecond.toFixed(0)}`,
    `qps=${best.queriesPerSecond.toFixed(0)}`,
    `p99_ms=${best.p99Ms?.toFixed(3) ?? 'null'}`,
    `recall=${best.recallAtK?.toFixed(4) ?? 'null'}`,
    `errors=${result.requests.failed}`,
    `verdict=${result.instrument.verdict}`,
  ].join(' ')
}

function rowsOf({ sequential, concurrent }: VectorResult): Level[] {
  const hasSequential = concurrent.some(
    ({ mode, concurrency }) => mode === 'closed' && concurrency === 1,
  )
  return hasSequential ? concurrent : [sequential, ...concurrent]
}

function heading(result: VectorResult, service: string, style: Style): string[] {
  const { runId, workload, complete, product, provenance, path } = result
  const { dataset, vectors, dim, seed, k, client, clients, profile } = workload
  const name = dataset.split(' ')[0]
  const line = (...parts: Parameters<typeof flow>[0]) =>
    flow(parts, { width: style.columns, indent: 0 })
  return [
    ...line(
      `${service} bench · run ${runId}`,
      !complete && style.bad('INTERRUPTED: what was measured until then'),
    ),
    ...line(
      `${name} ${formatCount(vectors)} × ${dim}, k ${k}, seed ${seed}`,
      `${client} client${clients > 1 ? `, ${clients} processes` : ''}`,
      product.version && `${product.name} ${product.version}`,
      profile && `profile ${profile}`,
      describeHardware(provenance),
      pathText(path),
    ),
  ]
}

/** `3 690 q/s · p99 5.50 ms · recall 0.998`: of the level with the most queries. */
function summary(levels: readonly Level[]): string {
  const { queriesPerSecond, p99Ms, recallAtK } = bestOf(levels)
  return [
    `${formatNumber(queriesPerSecond)} q/s`,
    p99Ms !== null && `p99 ${formatLatency(p99Ms)}`,
    recallAtK !== null && `recall ${recallAtK.toFixed(3)}`,
  ]
    .filter(Boolean)
    .join(' · ')
}

function bestOf(levels: readonly Level[]): Level {
  return levels.reduce((a, b) => (b.queriesPerSecond > a.queriesPerSecond ? b : a))
}

function ingestLines({ ingest, collection, workload }: VectorResult, style: Style): string[] {
  const { min, max, n } = ingest.repeats
  const range =
    n > 1 && min !== null && max !== null
      ? ` (${formatNumber(min)} to ${formatNumber(max)} over ${n} repeats)`
      : ''
  return flow(
    [
      `${formatNumber(ingest.vectorsPerSecond)} vectors/s${range}`,
      `batch ${formatCount(workload.batch)}`,
      `collection created in ${formatNumber(collection.createMs)} ms`,
    ],
    { width: style.columns, name: `  ${style.quiet('ingest')}`, indent: 11 },
  )
}

function columnsFor(result: VectorResult, style: Style): Column<Level>[] {
  const ms = (value: number | null) => (value === null ? '–' : `${formatNumber(value)} ms`)
  const isOpen = result.concurrent.some(({ mode }) => mode === 'open')
  return [
    {
      title: isOpen ? 'load' : 'concurrency',
      text: ({ mode, concurrency, ratePerSecond }) =>
        mode === 'open' ? `${formatNumber(ratePerSecond!)}/s` : String(concurrency),
      align: 'right',
      importance: 10,
    },
    {
      title: 'q/s',
      text: ({ queriesPerSecond }) => formatNumber(queriesPerSecond),
      align: 'right',
      importance: 10,
    },
    { title: 'mean', text: ({ meanMs }) => ms(meanMs), align: 'right', importance: 2 },
    { title: 'p50', text: ({ p50Ms }) => ms(p50Ms), align: 'right', importance: 9 },
    { title: 'p90', text: ({ p90Ms }) => ms(p90Ms), align: 'right', importance: 3 },
    {
      title: 'p99',
      text: ({ p99Ms, latency }) => ms(p99Ms) + (latency.p99Reliable ? '' : ' ?'),
      align: 'right',
      importance: 9,
    },
    { title: 'p99.9', text: ({ p999Ms }) => ms(p999Ms), align: 'right', importance: 3 },
    ...(isOpen
      ? [
          {
            title: 'p99 from due',
            text: ({ fromSchedule }: Level) => ms(fromSchedule?.p99Ms ?? null),
            align: 'right' as const,
            importance: 8,
          },
        ]
      : []),
    {
      title: `recall@${result.workload.k}`,
      text: ({ recallAtK }) => (recallAtK === null ? '–' : recallAtK.toFixed(3)),
      align: 'right',
      importance: 8,
    },
    ...(result.concurrent.some(({ goodput }) => goodput !== null)
      ? [
          {
            title: 'good/s',
            text: ({ goodput }: Level) => (goodput ? formatNumber(goodput.perSecond) : '–'),
            align: 'right' as const,
            importance: 8,
          },
        ]
      : []),
    {
      title: 'errors',
      text: ({ errors }) => formatCount(errors),
      align: 'right',
      importance: 8,
      paint: (text, { errors }) => (errors > 0 ? style.bad(text) : text),
    },
    {
      title: 'client CPU',
      text: ({ clientCores }) => clientCores.toFixed(2),
      align: 'right',
      importance: 5,
    },
    {
      title: 'server CPU',
      text: ({ serverCores }) => serverCores?.toFixed(2) ?? '–',
      align: 'right',
      importance: 6,
    },
  ]
}

const STEP_COLUMNS: Column<NonNullable<VectorResult['search']>['steps'][number]>[] = [
  {
    title: 'p99',
    text: ({ p99Ms }) => (p99Ms === null ? '–' : `${formatNumber(p99Ms)} ms`),
    align: 'right',
    importance: 8,
  },
  {
    title: 'recall',
    text: ({ recallAtK }) => (recallAtK === null ? '–' : recallAtK.toFixed(3)),
    align: 'right',
    importance: 5,
  },
]

/** What each p99 needs to be bounded by its samples. */
function factLines(result: VectorResult, levels: readonly Level[], style: Style): string[] {
  const { instrument, errors, requests } = result
  const spreads = levels.map(({ repeats }) => repeats.queriesPerSecond).filter(({ n }) => n > 1)
  const widest = Math.max(
    0,
    ...spreads.map(({ median, min, max }) => Math.max(max! - median!, median! - min!) / median!),
  )
  const smallest = Math.min(...levels.map(({ latency }) => latency.n))
  const classes = errors.map((one) => `${one.class} ${one.count}`)
  const findings = instrument.findings.map((text) =>
    instrument.saturated ? style.bad(text) : text,
  )
  const at = { width: style.columns, indent: 2 }
  const goodput = result.concurrent.find((level) => level.goodput !== null)?.goodput
  return [
    ...flow(findings, at),
    ...flow([goodput && `good/s: queries a second that keep ${goodput.text}`], at),
    ...flow(
      [
        spreads.length > 0 && `repeats within ${Math.ceil(widest * 100)} %`,
        `${formatCount(smallest)} queries or more a level`,
        levels.some(({ latency }) => !latency.p99Reliable) &&
          style.waiting('? p99 from fewer than 662 samples: not reliable'),
        requests.failed === 0
          ? '0 errors'
          : style.bad(`${formatCount(requests.failed)} errors: ${classes.join(', ')}`),
        levels.some(({ serverCores }) => serverCores !== null) && 'CPU in cores',
      ],
      at,
    ),
    ...flow(monitoringParts(result), {
      ...{ width: style.columns, name: `  ${style.quiet('monitors')}`, indent: 12 },
    }),
  ]
}
