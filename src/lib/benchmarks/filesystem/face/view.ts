import type { FilesystemResult } from '../../../instrument/filesystem/result.js'
import { figuresLine } from '../../../instrument/filesystem/summary.js'
import { formatCount, formatDuration, formatNumber } from '../../../platform/units.js'
import { flow } from '../../../report/flow.js'
import type { Style } from '../../../report/style.js'
import { renderTable } from '../../../report/table.js'
import type { Shown } from '../../face/face.js'
import { verdictLine } from '../../face/verdict-line.js'
import { phaseTable, type PhaseRow } from './phase-table.js'
import { problemLines } from './problem-lines.js'

/** The answer first (the score, and whether it counts), then what it rests on, then what to type next. */
export function resultView(
  result: FilesystemResult,
  style: Style,
  { service, verdict }: Shown,
): string {
  const figures = figuresLine(result)
  return [
    ...heading(result, service, style),
    '',
    ...answer(result, style),
    ...problemLines(result.problems, style),
    '',
    ...phaseTable(rowsOf(result), result.list, style),
    ...repeatLines(result, style),
    ...result.instrument.findings.flatMap((text) => note(text, style)),
    ...result.warnings.flatMap((text) => note(text, style)),
    '',
    ...nextLines(result, service, style),
    ...verdictLine(verdict, { thresholds: [], figures }, style),
  ].join('\n')
}

/** One line for scripts and logs. */
export function resultLine({ runId, score, phases, valid, complete }: FilesystemResult): string {
  const figures = score
    ? [
        `score=${score.total}`,
        `bw_gib_s=${score.bandwidthGiBPerSecond}`,
        `md_kiops=${score.metadataKiops}`,
      ]
    : phases.map(({ name, value }) => `${name.replaceAll(/\W+/g, '_')}=${value ?? 'null'}`)
  return [`run=${runId}`, ...figures, `complete=${complete}`, `valid=${valid}`].join(' ')
}

function heading(result: FilesystemResult, service: string, style: Style): string[] {
  const { runId, workload, fileSystem, product, launcher, simulated } = result
  const { program, ini, nodes, tasks, stonewallSeconds } = workload
  const line = (...parts: Parameters<typeof flow>[0]) =>
    flow(parts, { width: style.columns, indent: 0 })
  return [
    ...line(
      `${service} ${program} · run ${runId}`,
      simulated && style.bad('SIMULATED: not real performance'),
    ),
    ...line(
      program === 'io500' ? ini : workload.arguments.join(' '),
      nodes !== null &&
        tasks !== null &&
        `${counted(nodes, 'node')}, ${counted(tasks, 'process', 'es')}`,
      stonewallSeconds !== null && `stonewall ${stonewallSeconds} s`,
      `${fileSystem.isLustre ? 'Lustre' : `POSIX directory${fileSystem.type ? ` (${fileSystem.type})` : ''}`} ${fileSystem.dir}`,
      fileSystem.layout !== 'default' && `layout ${fileSystem.layout}`,
      product.version && `${product.name} ${product.version}`,
      launcher,
    ),
  ]
}

function answer(result: FilesystemResult, style: Style): string[] {
  const { score, spread, valid, complete, workload } = result
  if (!complete) return [style.bad('  not complete: what was measured until it ended is below'), '']
  if (!score) return valid ? [] : [style.bad('  invalid'), '']
  const over = spread
    ? ` (${formatNumber(spread.min)} to ${formatNumber(spread.max)} over ${workload.repeats} repeats)`
    : ''
  const counts = valid ? style.good('valid') : style.bad('invalid')
  return [
    ...flow(
      [
        `score ${style.strong(formatNumber(score.total))}${over}, ${counts}`,
        `bandwidth ${formatNumber(score.bandwidthGiBPerSecond)} GiB/s`,
        `metadata ${formatNumber(score.metadataKiops)} kIOPS`,
      ],
      { width: style.columns, indent: 2 },
    ),
    '',
  ]
}

function rowsOf({ phases, repeats }: FilesystemResult): PhaseRow[] {
  return phases.map((phase) => {
    const values = repeats
      .map((repeat) => repeat.phases.find(({ name }) => name === phase.name)?.value)
      .filter((value): value is number => typeof value === 'number')
    if (values.length < 2) return phase
    return { ...phase, range: { min: Math.min(...values), max: Math.max(...values) } }
  })
}

function repeatLines({ repeats }: FilesystemResult, style: Style): string[] {
  if (repeats.length < 2) return []
  const rows = renderTable(
    [
      { title: 'repeat', text: ({ number }) => String(number), align: 'right', importance: 10 },
      {
        title: 'score',
        text: ({ score }) => (score ? formatNumber(score.total) : '–'),
        align: 'right',
        importance: 10,
      },
      {
        title: 'GiB/s',
        text: ({ score }) => (score ? formatNumber(score.bandwidthGiBPerSecond) : ''),
        align: 'right',
        importance: 7,
      },
      {
        title: 'kIOPS',
        text: ({ score }) => (score ? formatNumber(score.metadataKiops) : ''),
        align: 'right',
        importance: 7,
      },
      {
        title: 'took',
        text: ({ durationMs }) => (durationMs === null ? '' : formatDuration(durationMs)),
        align: 'right',
        importance: 6,
      },
      {
        title: '',
        text: ({ valid, isComplete }) => (!isComplete ? 'not complete' : valid ? '' : 'invalid'),
        importance: 9,
        paint: (text) => style.bad(text),
      },
    ],
    repeats,
    style,
    '  ',
  )
  return ['', ...rows]
}

function nextLines(result: FilesystemResult, service: string, style: Style): string[] {
  const { files, runId } = result
  return [
    `${style.quiet('files:')} ${files.runDir}`,
    ...flow(
      [
        `${style.quiet('explain:')} aibench ${service} explain ${runId}`,
        `${style.quiet('compare:')} aibench ${service} compare ${runId}`,
        `${style.quiet('keep:')} aibench ${service} save`,
      ],
      { width: style.columns, indent: 0, between: '    ' },
    ),
  ]
}

function note(text: string, style: Style): string[] {
  return flow([text], { width: style.columns, name: `  ${style.waiting('!')}`, indent: 4 })
}

function counted(n: number, one: string, plural = 's'): string {
  return `${formatCount(n)} ${one}${n === 1 ? '' : plural}`
}
