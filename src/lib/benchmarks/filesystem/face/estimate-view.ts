import type { Check, Range } from '../../../instrument/filesystem/corpus/contract.js'
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../../platform/units.js'
import { flow } from '../../../report/flow.js'
import type { Style } from '../../../report/style.js'
import { renderTable } from '../../../report/table.js'
import type { RunEstimate } from '../estimate.js'

type Unit = Check['unit'] | 'node-hours'

/** What it will take, whether there is as much, and the verdict last. */
export function estimateView(report: RunEstimate, style: Style): string {
  const quantities: { what: string; unit: Unit; range: Range; remark: string }[] = [
    { what: 'writes', unit: 'bytes', range: report.bytes, remark: eachTime(report) },
    { what: 'makes', unit: 'inodes', range: report.inodes, remark: eachTime(report) },
    { what: 'takes', unit: 'seconds', range: report.wallSeconds, remark: '' },
    {
      what: 'bills',
      unit: 'node-hours',
      range: report.nodeHours,
      remark: 'whole nodes',
    },
  ]
  return [
    ...heading(report, style),
    '',
    ...renderTable(
      [
        { title: '', text: ({ what }) => what, importance: 10 },
        {
          title: 'most likely',
          text: ({ unit, range }) => amount(unit, range.p50),
          align: 'right',
          importance: 9,
          paint: (text) => style.strong(text),
        },
        {
          title: '8 in 10 runs',
          text: ({ unit, range }) => rangeText(unit, range),
          align: 'right',
          importance: 8,
        },
        { title: '', text: ({ remark }) => remark, importance: 3, paint: style.quiet },
      ],
      quantities,
      style,
      '  ',
    ),
    ...checkLines(report.checks, style),
    '',
    ...flow([basisText(report)], { width: style.columns, indent: 2 }).map((line) =>
      style.quiet(line),
    ),
    ...sharingLines(report, style),
    '',
    ...verdictLines(report, style),
  ].join('\n')
}

/** One line for scripts. */
export function estimateLine(report: RunEstimate): string {
  const { bytes, inodes, wallSeconds, nodeHours, fits } = report
  return [
    `bytes=${Math.round(bytes.p50)}`,
    `files=${inodes.p50}`,
    `seconds=${Math.round(wallSeconds.p50)}`,
    `node_hours=${nodeHours.p50.toFixed(2)}`,
    `fits=${fits}`,
  ].join(' ')
}

function heading(report: RunEstimate, style: Style): string[] {
  const { nodes, tasks, ini, stonewallSeconds, repeats, dir, type } = report

  return flow(
    [
      style.strong('IO500'),
      `${counted(nodes, 'node')}, ${counted(tasks, 'process', 'es')}`,
      ini,
      `stonewall ${stonewallSeconds} s`,
      repeats > 1 && `${repeats} repeats`,
      type === null ? dir : `${dir} (${type === 'lustre' ? 'Lustre' : type})`,
    ],
    { width: style.columns, indent: 0 },
  )
}

function checkLines(checks: readonly Check[], style: Style): string[] {
  if (checks.length === 0) return []
  const rows = renderTable<Check>(
    [
      { title: '', text: ({ what }) => what, importance: 10 },
      {
        title: 'there is',
        text: ({ unit, available }) => (available === null ? '?' : amount(unit, available)),
        align: 'right',
        importance: 9,
      },
      {
        title: '',
        text: (check) => WORDS[wordOf(check)],
        importance: 8,
        paint: (text, check) => paintOf(check, style)(text),
      },
    ],
    checks,
    style,
    '  ',
  )
  return ['', ...rows]
}

type Word = 'fits' | 'may not do' | 'more likely not' | 'does not fit' | 'unknown'
const WORDS: Readonly<Record<Word, string>> = {
  fits: 'is enough',
  'may not do': 'may be too little',
  'more likely not': 'is likely too little',
  'does not fit': 'is too little',
  unknown: 'could not be asked',
}

function wordOf({ fits, needed, available }: Check): Word {
  if (fits === null || available === null) return 'unknown'
  if (fits === 'yes') return 'fits'
  if (fits === 'no') return 'does not fit'
  return needed.p50 <= available ? 'may not do' : 'more likely not'
}

function paintOf({ fits }: Check, style: Style): (text: string) => string {
  if (fits === null) return style.quiet
  return fits === 'yes' ? style.good : fits === 'no' ? style.bad : style.waiting
}

function verdictLines(report: RunEstimate, style: Style): string[] {
  const { checks, fits, timeToAskForMs } = report
  const line = (...parts: Parameters<typeof flow>[0]) =>
    flow(parts, { width: style.columns, indent: 0 })
  const of = (wanted: Check['fits']) =>
    checks.filter((check) => check.fits === wanted).map(({ what }) => what)
  const time = `time to ask for: --time ${formatDuration(timeToAskForMs)}`
  if (fits === 'no')
    return [...line(style.bad(`✗ does not fit: ${of('no').join('; ')}`)), ...smaller(report, style)]
  if (fits === 'maybe')
    return [
      ...line(style.waiting(`! may not fit: ${of('maybe').join('; ')}`), time),
      ...smaller(report, style),
    ]
  const isAsked = checks.some((check) => check.fits !== null)
  return line(isAsked ? style.good('✔ fits') : style.waiting('! nothing could be asked'), time)
}

/** What would do. */
function smaller({ checks, timeToAskForMs, stonewallSeconds }: RunEstimate, style: Style) {
  const short = checks.filter(({ fits }) => fits === 'no' || fits === 'maybe')
  const isTime = short.some(({ unit }) => unit === 'seconds')
  const isSpace = short.some(({ unit }) => unit !== 'seconds')
  const less =
    stonewallSeconds > 30
      ? '--preset quick writes a tenth; its result is not valid'
      : '--preset debug writes 64 MiB and some 1 000 files for each process'
  return [
    isTime && `--time ${formatDuration(timeToAskForMs)} is enough for nine runs in ten`,
    isSpace && less,
  ].flatMap((text) =>
    flow([text], { width: style.columns, indent: 2 }).map((line) => style.quiet(line)),
  )
}

function sharingLines({ fileSystem, nodes }: RunEstimate, style: Style): string[] {
  if (fileSystem !== 'local' || nodes === 1) return []
  const text = 'A disk of this machine; where all nodes write to is named by --dir DIR.'
  return flow([text], { width: style.columns, name: `  ${style.waiting('!')}`, indent: 4 })
}

function basisText({ basis, boundedBy }: RunEstimate): string {
  const bounds =
    boundedBy.length > 0
      ? `; ${boundedBy.join(', ')} ${boundedBy.length === 1 ? 'ends' : 'end'} before the stonewall does`
      : ''
  return `From ${basis}${bounds}.`
}

function eachTime({ repeats }: RunEstimate): string {
  return repeats > 1 ? 'each time' : ''
}

/** The unit once, where both have the same. */
function rangeText(unit: Unit, { p10, p90 }: Range): string {
  const [low, high] = [amount(unit, p10), amount(unit, p90)]
  if (low === high) return low
  const [lowUnit, highUnit] = [low, high].map((text) => / ([a-z-]+)$/i.exec(text)?.[1])
  return `${lowUnit === highUnit ? low.replace(/ [a-z-]+$/i, '') : low} – ${high}`
}

function amount(unit: Unit, value: number): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value)
    case 'inodes':
      return value < 1e6 ? formatNumber(value) : `${formatNumber(value / 1e6)} million`
    case 'seconds':
      return formatDuration(value < 600 ? value * 1000 : Math.round(value / 60) * 60_000)
    case 'node-hours':
      return `${formatNumber(value)} node-hours`
  }
}

function counted(n: number, one: string, plural = 's'): string {
  return `${formatCount(n)} ${one}${n === 1 ? '' : plural}`
}
