import type { Level, VectorResult } from '../bench/vectors/result.js'
import { formatCount, formatNumber } from '../platform/units.js'
import { againCommand, pathText } from './measuring-path.js'
import { sparkline } from './sparkline.js'
import type { Style } from './style.js'
import { renderTable, type Column } from './table.js'
import { thresholdLines } from './threshold-lines.js'

/** The answer first (thresholds), then what it rests on, then what to type next. */
export function benchView(result: VectorResult, style: Style): string {
  const levels = rowsOf(result)
  return [
    heading(result),
    '',
    ...thresholdLines(result.thresholds, style),
    ...ingestLines(result),
    '',
    ...renderTable(columnsFor(result, style), levels, style, '  '),
    '',
    ...verdictLines(result, levels, style),
    ...fileLines(result, style),
  ].join('\n')
}

/** One line for scripts and logs. */
export function benchLine(result: VectorResult): string {
  const best = rowsOf(result).reduce((a, b) => (b.queriesPerSecond > a.queriesPerSecond ? b : a))
  return [
    `run=${result.runId}`,
    `ingest_vps=${result.ingest.vectorsPerSecond.toFixed(0)}`,
    `qps=${best.queriesPerSecond.toFixed(0)}`,
    `p99_ms=${best.p99Ms?.toFixed(3) ?? 'null'}`,
    `recall=${best.recallAtK?.toFixed(4) ?? 'null'}`,
    `errors=${result.errors.total}`,
    `verdict=${result.instrument.verdict}`,
  ].join(' ')
}

function rowsOf({ sequential, concurrent }: VectorResult): Level[] {
  const hasSequential = concurrent.some(
    ({ mode, concurrency }) => mode === 'closed' && concurrency === 1,
  )
  return hasSequential ? concurrent : [sequential, ...concurrent]
}

function heading({ runId, workload, complete, path }: VectorResult): string {
  const { dataset, vectors, dim, seed, k, client, profile } = workload
  const name = dataset.split(' ')[0]
  return [
    'chroma bench',
    `run ${runId}`,
    `${name} ${formatCount(vectors)} × ${dim} (seed ${seed}), k ${k}`,
    `${client} client`,
    pathText(path),
    profile && `profile ${profile}`,
    !complete && 'INTERRUPTED: what was measured until then',
  ]
    .filter(Boolean)
    .join(' · ')
}

function ingestLines({ ingest, collection, workload }: VectorResult): string[] {
  const { median: _, min, max, n } = ingest.repeats
  const range =
    n > 1 && min !== null && max !== null
      ? `  (${formatNumber(min)}–${formatNumber(max)} over ${n})`
      : ''
  return [
    `  ingest      ${formatNumber(ingest.vectorsPerSecond)} vectors/s${range}, batch ${formatCount(workload.batch)}`,
    `  collection  created in ${formatNumber(collection.createMs)} ms`,
  ]
}

function columnsFor(result: VectorResult, style: Style): Column<Level>[] {
  const ms = (value: number | null) => (value === null ? '–' : `${formatNumber(value)} ms`)
  const isOpen = result.concurrent.some(({ mode }) => mode === 'open')
  return [
    {
      title: 'clients',
      text: ({ mode, concurrency, ratePerSecond }) =>
        mode === 'open' ? `${formatNumber(ratePerSecond!)}/s` : String(concurrency),
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
            title: 'due p99',
            text: ({ fromSchedule }: Level) => ms(fromSchedule?.p99Ms ?? null),
            align: 'right' as const,
            importance: 8,
          },
        ]
      : []),
    { title: '', text: ({ histogram }) => sparkline(histogram), importance: 4 },
    {
      title: `recall@${result.workload.k}`,
      text: ({ recallAtK }) => (recallAtK === null ? '–' : recallAtK.toFixed(3)),
      align: 'right',
      importance: 8,
    },
    {
      title: 'errors',
      text: ({ errors }) => formatCount(errors),
      align: 'right',
      importance: 8,
      paint: (text, { errors }) => (errors > 0 ? style.bad(text) : text),
    },
    {
      title: 'client',
      text: ({ clientCores }) => clientCores.toFixed(2),
      align: 'right',
      importance: 5,
    },
    {
      title: 'server cores',
      text: ({ serverCores }) => serverCores?.toFixed(2) ?? '–',
      align: 'right',
      importance: 6,
    },
  ]
}

function verdictLines(result: VectorResult, levels: readonly Level[], style: Style): string[] {
  const { instrument, errors } = result
  const findings = instrument.findings.join('; ')
  const spreads = levels.map(({ repeats }) => repeats.queriesPerSecond).filter(({ n }) => n > 1)
  const widest = Math.max(
    0,
    ...spreads.map(({ median, min, max }) => Math.max(max! - median!, median! - min!) / median!),
  )
  const smallest = Math.min(...levels.map(({ latency }) => latency.n))
  const classes = Object.entries(errors.byClass).map(([name, count]) => `${name} ${count}`)
  return [
    `  ${instrument.saturated ? style.bad(findings) : findings}`,
    '  ' +
      [
        spreads.length > 0 && `repeats within ${Math.ceil(widest * 100)} %`,
        `every p99 from n ≥ ${formatCount(smallest)}${smallest < 662 ? style.waiting(' (? marks those from fewer than 662)') : ''}`,
        errors.total === 0
          ? '0 errors'
          : style.bad(`${formatCount(errors.total)} errors: ${classes.join(', ')}`),
      ]
        .filter(Boolean)
        .join(' · '),
  ]
}

function fileLines({ files, runId, provenance }: VectorResult, style: Style): string[] {
  const keep = `${style.quiet('keep:')} aibench chroma save`
  return [
    `${style.quiet('files:')} ${files.runDir}`,
    [
      `${style.quiet('again:')} ${againCommand('chroma', runId, provenance)}`,
      // Of somebody's server there is nothing to archive but this folder.
      ...(provenance.server === null ? [] : [keep]),
    ].join('    '),
  ]
}
