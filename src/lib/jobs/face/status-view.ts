import { logMeant } from '../members.js'
import type { InstanceReport, InstanceSummary, StatusReport } from '../reports.js'
import { aibench } from '../../platform/command-line.js'
import { formatDuration } from '../../platform/units.js'
import { flow } from '../../report/flow.js'
import { progressText } from '../progress.js'
import { guestsText, paint, staleText } from './instance-view.js'
import type { Style } from '../../report/style.js'
import { renderTable } from '../../report/table.js'

/** So many of those that failed are worth a command. */
const MOST_COMMANDS = 2

interface Row extends InstanceReport {
  /** Its name; of an older instance of that name with its id, by which every command finds it. */
  label: string
}

/**
 * What is alive, how long it has left, and how the last few ended.
 * @param firstStarts commands for who has started nothing yet
 */
export function statusView(
  report: StatusReport,
  style: Style,
  firstStarts: readonly string[] = [],
): string {
  const { instances, hidden, nodeHours, staleSince, trouble } = report
  if (instances.length === 0) return `nothing has been started yet: ${firstStarts.join(' · ')}`
  const rows = labelled(instances)
  const counts = new Map<InstanceSummary, number>()
  for (const { summary } of instances) counts.set(summary, (counts.get(summary) ?? 0) + 1)
  const foot = [
    [...counts].map(([summary, count]) => `${count} ${summary}`).join(', '),
    // What runs on this machine alone costs nobody node-hours.
    nodeHours > 0 && `${nodeHours.toFixed(2)} node-hours so far`,
  ]
  return [
    ...renderTable<Row>(columns(style), rows, style),
    ...commands(rows, style),
    style.quiet(foot.filter(Boolean).join(' · ')) + staleText({ staleSince, trouble }, style),
    ...(hidden > 0 ? [style.quiet(`${hidden} more that ended: aibench status --all`)] : []),
  ].join('\n')
}

/** One value a line, each once. */
export function statusLines({ instances }: StatusReport): string {
  return labelled(instances)
    .map(({ name, label, id }) => (label === name ? name : id))
    .join('\n')
}

function labelled(instances: readonly InstanceReport[]): Row[] {
  const seen = new Set<string>()
  return instances.map((instance) => {
    const name = instance.name.replaceAll(/\s+/g, ' ')
    const label = seen.has(name) ? `${name} (${instance.id})` : name
    seen.add(name)
    return { ...instance, label }
  })
}

const columns = (style: Style) => [
  { title: 'NAME', text: ({ label }: Row) => label, importance: 10 },
  {
    title: 'SERVICE',
    text: ({ service, simulated }: Row) => (simulated ? `${service} SIMULATED` : service),
    importance: 4,
  },
  {
    title: 'STATE',
    text: ({ summary }: Row) => summary,
    importance: 10,
    paint: (text: string, { summary }: Row) => paint(summary, text, style),
  },
  { title: 'JOB', text: ({ jobId }: Row) => jobId ?? '', importance: 6 },
  { title: 'NODE', text: ({ node }: Row) => node ?? '', importance: 5 },
  {
    title: 'UP',
    text: ({ upMs, phase }: Row) =>
      upMs === null || phase === 'ended' ? '' : formatDuration(upMs),
    align: 'right' as const,
    importance: 8,
  },
  {
    title: 'LEFT',
    text: ({ leftMs }: Row) => (leftMs === null ? '' : formatDuration(leftMs)),
    align: 'right' as const,
    importance: 9,
  },
  { title: 'LAST RESULT', text: lastColumn, importance: 7 },
]

function lastColumn(row: Row): string {
  const { summary, lastResult, reason, expectedStart, detail, trouble, progress, members } = row
  if (trouble !== null) return trouble
  if (summary === 'queued') {
    const about = expectedStart ? `, about ${expectedStart.slice(11, 16)} UTC` : ''
    return reason ? reason.plain + about : ''
  }
  if (summary === 'failed' || summary === 'lost') return detail ?? summary
  if (progress !== null) return progressText(progress)
  // Of a member that it lives on without.
  if (members.some(({ state }) => state === 'failed')) return detail ?? ''
  return guestsText(row) || (lastResult ?? '')
}

/** A reason may be cut in its column; a command never is. */
function commands(rows: readonly Row[], style: Style): string[] {
  const failed = rows.filter(({ summary }) => summary === 'failed' || summary === 'lost')
  const told = failed
    .slice(0, MOST_COMMANDS)
    .map(({ service, name, label, id, members }) =>
      aibench(service, 'logs', label === name ? name : id, logMeant(service, members)),
    )
  return flow(told, { width: style.columns, name: style.quiet('why:'), indent: 6 })
}
