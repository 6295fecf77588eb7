import { isCommand, quote } from '../../platform/command-line.js'
import { flow } from '../../report/flow.js'
import type {
  ExposedReport,
  InstanceReport,
  InstanceSummary,
  StageReport,
  StartReport,
  StopReport,
} from '../reports.js'
import { hardwareText } from './hardware-text.js'
import { formatDuration } from '../../platform/units.js'
import { progressText } from '../progress.js'
import type { Style } from '../../report/style.js'
import { visibleWidth } from '../../report/wrap.js'

export function instanceView(report: InstanceReport, style: Style): string {
  return [factsView(report, style), ...nextLines(report.next, style)].join('\n')
}

/** @param more what is special to its service */
export function factsView(
  report: InstanceReport,
  style: Style,
  more: readonly [string, string | null][] = [],
): string {
  const facts: [string, string | null][] = [
    [
      'job',
      [report.jobId, report.scheduler, report.partition, report.qos && `qos ${report.qos}`]
        .filter(Boolean)
        .join(' · '),
    ],
    ['in', report.allocationName],
    ['guests', guestsText(report) || null],
    ['cluster', report.cluster],
    ['node', report.nodes.length > 1 ? report.nodes.join(' ') : report.node],
    ['why', report.reason && `${report.reason.raw}: ${report.reason.plain}${expected(report)}`],
    ['progress', report.progress && progressText(report.progress)],
    ['endpoint', report.endpoint && `${report.endpoint.url}${accessText(report)}`],
    ['exposed', report.endpoint?.exposed ? exposedText(report.endpoint.exposed) : null],
    ['tunnel', report.tunnel],
    ['call', report.members.length > 1 ? null : report.call],
    ...membersFacts(report),
    [
      report.shape === 'serving' ? 'server' : 'program',
      [report.version && `${report.service} ${report.version}`, flagsText(report.startFlags)]
        .filter(Boolean)
        .join(' · '),
    ],
    ['hardware', report.hardware && hardwareText(report.hardware)],
    ['engine', report.engine && report.engine.text],
    ['start', stagesText(report.stages)],
    ['time', timeText(report)],
    ['result', report.lastResult],
    [
      report.shape === 'holding' && report.phase === 'ready' ? 'proven' : 'reason',
      detailOf(report),
    ],
    ...more,
    ['files', report.runDir],
  ]
  const width = Math.max(...facts.map(([name]) => name.length))
  return [
    `${report.name} · ${paintSummary(report.summary, style)}${simulatedText(report, style)}${staleText(report, style)}`,
    ...facts
      .filter(([, text]) => text)
      .flatMap(([name, text]) => factLines(name, text!, width + 4, style)),
  ].join('\n')
}

/** Once: how far it is stands above. */
function detailOf({ detail, progress }: InstanceReport): string | null {
  return detail === progress?.text ? null : detail
}

/** `trial is at work · trial-2 waits`. */
export function guestsText({ guests }: InstanceReport): string {
  return guests.map(({ name, phase }) => `${name} ${GUEST_STATE[phase] ?? 'waits'}`).join(' · ')
}

const GUEST_STATE: Partial<Record<InstanceReport['phase'], string>> = {
  starting: 'is at work',
  running: 'is at work',
  stopping: 'is stopping',
}

/** Who may come in; on one's own machine there is nothing to say. */
function accessText({ endpoint, scheduler }: InstanceReport): string {
  if (!endpoint?.loopbackOnly || scheduler !== 'slurm') return ''
  const access = endpoint.tokenFile === null ? 'open to every user of the node' : 'token required'
  return ` (on the node’s loopback, ${access})`
}

/** Each of several, with where it is and what it lacks. */
function membersFacts({ members }: InstanceReport): [string, string][] {
  if (members.length < 2) return []
  return members.map(({ name, state, endpoint, detail, call }) => [
    name,
    [state, endpoint?.url, detail, call].filter(Boolean).join(' · '),
  ])
}

/** What is one part, and any command, stays on one line however long: it is there to be copied. */
function factLines(name: string, text: string, indent: number, style: Style): string[] {
  const start = `  ${style.quiet(name)}`
  const parts = text.split(' · ')
  const width = parts.length > 1 ? style.columns : Infinity
  return flow(parts, { width, name: start, indent, isWhole: isCommand })
}

export function startView({ instance, description }: StartReport, style: Style): string {
  const paint = instance.simulated ? style.waiting : style.quiet
  const told = description.split(' · ').map((part) => paint(part))
  return [
    ...flow([startState(instance, style), ...told], { width: style.columns, indent: 0 }),
    ...nextLines(instance.next, style),
  ].join('\n')
}

function startState(
  { name, summary, endpoint, jobId, nodes }: InstanceReport,
  style: Style,
): string {
  if (summary === 'ready')
    return `${name} is ${style.good('ready')} ${endpoint ? `at ${endpoint.url}` : `on ${nodes.join(' ')}`}`
  if (summary === 'completed') return `${name} has ${style.good('completed')}`
  return `${name} is ${paintSummary(summary, style)}, job ${jobId}`
}

export function stopView(report: StopReport, style: Style): string {
  if (report.alreadyGone)
    return `${report.name} had already stopped${report.outcome ? `: ${report.outcome.summary}` : ''}`
  const how = report.killed ? style.waiting(report.how) : style.good(report.how)
  const port =
    report.portClosed === null
      ? ''
      : report.portClosed
        ? ', port closed'
        : `, ${style.bad('port still answers')}`
  const guests = report.guests.length === 0 ? '' : `, and ${report.guests.join(', ')} with it`
  return `${report.name} ${how} in ${formatDuration(report.ms)}${port}${guests}`
}

function expected({ expectedStart }: InstanceReport): string {
  return expectedStart
    ? `, estimated start ${expectedStart.slice(0, 16).replace('T', ' ')} UTC`
    : ''
}

/** With what was seen of it, and not more. */
function exposedText({ url, reachedFrom, unreachedFrom }: ExposedReport): string {
  return [
    `${url} (token required)`,
    reachedFrom.length > 0 && `reached from ${reachedFrom.join(', ')}`,
    unreachedFrom.length > 0 &&
      `NOT reached from ${unreachedFrom.join(', ')}: another --interface, or a closed network`,
  ]
    .filter(Boolean)
    .join(' · ')
}

/** `--model org/name · --gpus-per-node 4`: as they are typed, a flag with its value a part. */
function flagsText(words: readonly string[]): string {
  return words
    .map((word) => (/^-\w?/.test(word) ? word : quote(word)))
    .join(' ')
    .replaceAll(/ (?=--)/g, ' · ')
}

/** `queued 2m41s · container 8 s · weights 41 s (4 of 4 shards · 15.1 GiB)`. */
function stagesText(stages: readonly StageReport[]): string | null {
  const told = stages.map(({ name, state, ms, text }) => {
    const time = ms === null ? '' : ` ${state === 'now' ? 'for ' : ''}${formatDuration(ms)}`
    return `${name}${time}${text ? ` (${text})` : ''}`
  })
  return told.length === 0 ? null : told.join(' · ')
}

/** Never to be taken for a measurement of a real server. */
function simulatedText({ simulated }: InstanceReport, style: Style): string {
  return simulated ? ` · ${style.waiting('SIMULATED')}` : ''
}

function timeText({ upMs, leftMs, phase }: InstanceReport): string | null {
  if (upMs === null) return null
  const up = phase === 'ended' ? `ran for ${formatDuration(upMs)}` : `up ${formatDuration(upMs)}`
  return leftMs === null ? up : `${up}, ${formatDuration(leftMs)} left`
}

export function staleText(
  { staleSince, trouble }: { staleSince: string | null; trouble: string | null },
  style: Style,
): string {
  const why = trouble ?? 'Slurm does not answer'
  if (staleSince !== null)
    return style.waiting(`  (${why}; as known at ${staleSince.slice(11, 19)} UTC)`)
  return trouble === null ? '' : style.waiting(`  (${trouble})`)
}

function paintSummary(summary: InstanceSummary, style: Style): string {
  return paint(summary, summary, style)
}

export function paint(summary: InstanceSummary, text: string, style: Style): string {
  if (summary === 'ready' || summary === 'completed') return style.good(text)
  if (summary === 'failed' || summary === 'lost') return style.bad(text)
  return summary === 'ended' ? style.quiet(text) : style.waiting(text)
}

/** In a row where they fit; else one a line and never broken: they are there to be copied. */
export function nextLines(next: readonly string[], style: Style): string[] {
  const row = next.join(' · ')
  const lines = visibleWidth(row) + 6 > style.columns ? next : [row]
  return lines.map((line, i) => (i === 0 ? `${style.quiet('next:')} ` : '      ') + line)
}
