import { factsView, instanceView, nextLines } from '../../../jobs/face/instance-view.js'
import { formatBytes, formatCount } from '../../../platform/units.js'
import type { Style } from '../../../report/style.js'
import { renderTable } from '../../../report/table.js'
import { aibench, shellLine } from '../../../platform/command-line.js'
import { MONITORS } from '../words.js'
import type { PanelCheck } from '../../../monitoring/panels/check.js'
import type { DashboardReport, FiguresPlace, MonitorsReport, TargetReport } from '../check.js'

/** As any job, with where its data are and the files of its passwords; then what is scraped, and what to type next. */
export function checkView(report: MonitorsReport, style: Style): string {
  if (report.phase === 'ended') return instanceView(report, style)
  const lines = [
    factsView(report, style, [
      ['data', report.figures && placeText(report.figures)],
      ['', report.earlier && earlierText(report.earlier)],
      ['traces', report.traces && `${report.traces.path} (${formatBytes(report.traces.bytes)})`],
      ...report.passwords.map(({ member, file }, i): [string, string] => [
        i === 0 ? 'passwords' : '',
        `${member}: ${file}`,
      ]),
    ]),
    ...['', ...targetLines(report, style)],
  ]
  lines.push(...gpuLines(report, style))
  if (report.older !== null) lines.push(style.waiting(report.older))
  for (const trouble of report.scrapeTrouble) lines.push(style.bad(trouble))
  if (report.dashboards) lines.push('', ...dashboardLines(report.dashboards, style))
  const link = linkLines(report)
  if (link.length > 0) lines.push('', ...link)
  if (report.sshConfig !== null)
    lines.push('', style.quiet('for ~/.ssh/config:'), report.sshConfig.trimEnd())
  return [...lines, '', ...nextLines(nextOf(report), style)].join('\n')
}

/** The look itself is what was just taken. */
function nextOf({ name, summary, next }: MonitorsReport): readonly string[] {
  if (summary !== 'ready') return next
  const view = aibench(MONITORS.kind, 'view', '--monitors', name)
  return [view, ...next.filter((line) => line !== aibench(MONITORS.kind, 'check', name))]
}

/** How to come to Grafana without a password to type. What lets in stays in its file. */
export function linkLines({
  grafanaLink,
  tunnel,
}: Pick<MonitorsReport, 'grafanaLink' | 'tunnel'>): string[] {
  if (grafanaLink === null) return []
  const where = tunnel === null ? '' : ' on your machine, through the tunnel,'
  return [
    `  to open Grafana${where} without a password, use the link that this prints:`,
    `    ${shellLine('cat', grafanaLink)}`,
  ]
}

function targetLines({ targets, options }: MonitorsReport, style: Style): string[] {
  if (options.archive) return ['saved data, read-only: nothing is scraped']
  if (targets.length === 0) return ['no service is scraped yet']
  return renderTable<TargetReport>(
    [
      { title: 'TARGET', text: ({ name }) => name, importance: 10 },
      { title: 'SERVICE', text: ({ service }) => service ?? '', importance: 4 },
      { title: 'METRICS', text: ({ job }) => job ?? '', importance: 7 },
      { title: 'NODE', text: ({ node }) => node ?? '', importance: 5 },
      {
        title: 'STATE',
        text: stateOf,
        importance: 9,
        paint: (text, row) => paintState(text, row, style),
      },
      { title: 'LAST (UTC)', text: ({ lastScrapeAt }) => timeOf(lastScrapeAt), importance: 6 },
      {
        ...{ title: 'SAMPLES', align: 'right', importance: 3 },
        text: ({ samples }) => formatCount(samples),
      },
      { title: 'ERROR', text: ({ error }) => error ?? '', importance: 8 },
    ],
    targets,
    style,
  )
}

/** They are told by what runs beside each service. */
function gpuLines({ gpus }: MonitorsReport, style: Style): string[] {
  const found = gpus.flatMap(({ node, gpus: of }) => (of ? [{ node, ...of }] : []))
  if (gpus.length > 0 && found.length === 0)
    return [style.quiet('no GPUs on these nodes (none found by nvidia-smi or AMD’s driver)')]
  return found.map(({ node, vendor, count, driver }) => {
    const of = driver === null ? VENDORS[vendor] : `${VENDORS[vendor] ?? vendor}, driver ${driver}`
    return `${formatCount(count)} ${count === 1 ? 'GPU' : 'GPUs'} on ${node} sampled (${of ?? vendor})`
  })
}

const VENDORS: Readonly<Record<string, string>> = { nvidia: 'NVIDIA', amd: 'AMD' }

function stateOf({ upAt, error }: TargetReport): string {
  if (error !== null) return 'down'
  return upAt === null ? 'attached' : 'up'
}

function paintState(text: string, { upAt, error }: TargetReport, style: Style): string {
  if (error !== null) return style.bad(text)
  return upAt === null ? style.waiting(text) : style.good(text)
}

/** `vLLM: 12 of 13 panels have data`, then those that have none, and why. */
function dashboardLines(dashboards: readonly DashboardReport[], style: Style): string[] {
  if (dashboards.length === 0) return ['no dashboard has data yet']
  return dashboards.flatMap(({ title, panels }) => {
    const good = panels.filter(({ state }) => state === 'data')
    const rest = panels.filter(({ state }) => state !== 'data')
    const count = `${good.length} of ${panels.length} panels have data`
    return [
      `${title.replace(/^aibench: /, '')}: ${rest.length === 0 ? style.good(count) : style.waiting(count)}`,
      ...rest.map((panel) => `  ${panel.title}: ${wantOf(panel)}`),
    ]
  })
}

function wantOf({ state, query, error }: PanelCheck): string {
  if (error !== null) return `${error}: ${query}`
  return state === 'idle' ? `nothing happened yet: ${query}` : `no such series: ${query}`
}

/** UTC. */
const timeOf = (at: string | null) => at?.slice(11, 19) ?? ''

/** The disk of a node that a job has left is not its own any more. */
function earlierText(earlier: readonly string[]): string {
  return earlier.length === 0
    ? 'those of before it was requeued are lost'
    : `those of before it was requeued: ${earlier.join(', ')}`
}

function placeText({ dir, fileSystem, shared, freeBytes, isAtStart }: FiguresPlace): string {
  const free = `${formatBytes(freeBytes)} free${isAtStart ? ' at the start' : ''}`
  const where = shared ?? fileSystem ?? 'unknown file system'
  const risk = shared === null ? '' : ': a crash can destroy the data'
  return `${dir} (${where}, ${free}${risk})`
}
