import type { LiveState, NodeRates } from '../../../instrument/filesystem/live/contract.js'
import { rateOf } from '../../../instrument/filesystem/live/read-live.js'
import { queuedText } from '../../../jobs/wait-drawer.js'
import type { Observation } from '../../../jobs/observation.js'
import { formatCount, formatDuration, formatNumber } from '../../../platform/units.js'
import { bar } from '../../../report/bar.js'
import type { Style } from '../../../report/style.js'
import { cut, renderTable } from '../../../report/table.js'
import { padVisible } from '../../../report/wrap.js'
import { bothRatesText, leftRangeText, rateText, repeatText, wholeSeconds } from '../live-words.js'

/** The picture of a run that goes on: the answer first, then how far it is, then what is done, then which node is behind. */
export function liveLines(
  seen: Pick<Observation, 'instance' | 'job'>,
  state: LiveState,
  { style, rows = 24 }: { style: Style; rows?: number },
): string[] {
  const above = [headLine(seen, state, style), '', ...nowLines(seen, state, style)]
  const below = [...nodesLines(state, style), style.quiet('Ctrl-C leaves the job running')]
  return [...above, ...doneLines(state, style, rows - above.length - below.length - 3), ...below]
}

/** `io500 · job 4812345 · 10 nodes · 160 processes · preset full`. */
function headLine(
  { instance }: Pick<Observation, 'instance'>,
  state: LiveState,
  style: Style,
): string {
  const { plan } = state
  const count = (n: number, one: string, many: string) =>
    n === 1 ? `1 ${one}` : `${formatCount(n)} ${many}`
  const parts = [
    instance.name,
    instance.jobId && `job ${instance.jobId}`,
    plan && count(plan.nodes, 'node', 'nodes'),
    plan && count(plan.tasks, 'process', 'processes'),
    plan?.ini,
    repeatText(state),
  ]
  return cut(parts.filter(Boolean).join(' · '), style.columns)
}

const NAME_WIDTH = 11

function nowLines(
  { instance, job }: Pick<Observation, 'instance' | 'job'>,
  state: LiveState,
  style: Style,
): string[] {
  const { stage, text, phase, phases, rates, nowMs, sinceMs } = state
  if (stage === 'starting') {
    const waits = queuedText(instance, job, nowMs)
    const isQueued = instance.startedAt === null
    return [fact(isQueued ? 'queued' : 'starting', isQueued ? waits : '', style)]
  }
  if (stage === 'done') return [fact('done', '', style)]
  const forMs = sinceMs === null ? 0 : Math.max(0, nowMs - sinceMs)
  if (stage !== 'running')
    return [
      fact(stage, [text, formatDuration(wholeSeconds(forMs))].filter(Boolean).join(' · '), style),
      ...totalLine(state, style),
    ]
  if (!phase) {
    const moved = phases === 0 && rates && bothRatesText(rates)
    const time = formatDuration(wholeSeconds(forMs))
    return [
      fact('running', [moved, time].filter(Boolean).join(' · '), style),
      ...totalLine(state, style),
    ]
  }
  const time = formatDuration(wholeSeconds(phase.elapsedMs))
  const rate = rateText(phase.measure, rates)
  const unseen =
    phase.measure === 'none'
      ? style.quiet('its rate shows only at its end')
      : style.quiet('no figures yet')
  const place = `phase ${phase.index} of ${phases}`
  return [
    `${style.strong(place)}  ${phase.name}  ${rate ? style.strong(rate) : unseen}  ${style.quiet(`for ${time}`)}`,
    ...stonewallLine(state, style),
    ...totalLine(state, style),
  ]
}

/** A name in the first column, cut where the line is short. */
function fact(name: string, text: string, style: Style): string {
  return `${padVisible(style.strong(name), NAME_WIDTH)} ${cut(text, style.columns - NAME_WIDTH - 1)}`.trimEnd()
}

function stonewallLine({ phase }: LiveState, style: Style): string[] {
  if (!phase?.stonewall) return []
  const { wallMs, share, wearOut } = phase.stonewall
  if (wearOut === null) {
    const left = formatDuration(wholeSeconds(wallMs - phase.elapsedMs))
    return [barLine('stonewall', share, `${left} left of ${formatDuration(wallMs)}`, style)]
  }
  const past = `${formatDuration(wholeSeconds(wearOut.sinceMs))} past the wall: every rank does as much as the fastest had`
  const rate =
    wearOut.share === null ? '' : ` · ${Math.round(wearOut.share * 100)} % of the rate before`
  return [
    fact(
      'wears out',
      style.columns < 100
        ? `${past.replace(/: .*/, '')}${rate || ': slower ranks catch up'}`
        : past + rate,
      style,
    ),
  ]
}

function totalLine({ share, remaining, repeats }: LiveState, style: Style): string[] {
  if (share === null || remaining === null) return []
  const name = repeats > 1 ? 'all repeats' : 'whole run'
  return [barLine(name, share, `${Math.round(share * 100)} % · ${leftRangeText(remaining)}`, style)]
}

function barLine(name: string, share: number, text: string, style: Style): string {
  const width = style.columns < 60 ? 0 : style.columns < 110 ? 24 : 40
  const drawn = width === 0 ? '' : `${bar(share, width, style)}  `
  const room = style.columns - NAME_WIDTH - 1 - (width && width + 2)
  return `${padVisible(style.quiet(name), NAME_WIDTH)} ${drawn}${cut(text, room)}`
}

/** Those that ended last, where there is no room for all. */
function doneLines({ done }: LiveState, style: Style, room: number): string[] {
  if (done.length === 0) return ['']
  const shown = done.length <= room ? done : done.slice(-Math.max(1, room - 1))
  const before = done.length - shown.length
  const lines = renderTable(
    [
      { title: '', text: ({ index }) => `${index}`, align: 'right' },
      { title: '', text: ({ name }) => name },
      {
        title: '',
        text: ({ value }) => (value === null ? '–' : formatNumber(value)),
        align: 'right',
      },
      { title: '', text: ({ unit }) => unit },
      {
        title: '',
        text: ({ seconds }) => (seconds === null ? '' : formatDuration(seconds * 1000)),
        align: 'right',
      },
      {
        title: '',
        text: ({ isMarkedInvalid }) => (isMarkedInvalid ? 'invalid' : ''),
        paint: style.bad,
      },
    ],
    shown,
    style,
    '  ',
  )
  return ['', ...(before > 0 ? [style.quiet(`  … ${before} before`)] : []), ...lines, '']
}

/** Where nodes differ by more they are told apart. */
const ALIKE = 0.9

function nodesLines({ nodes, phase }: LiveState, style: Style): string[] {
  const silent = nodes.filter(({ isSilent }) => isSilent)
  const heard = nodes.filter(({ isSilent }) => !isSilent)
  const lines: string[] = []
  const measure = phase?.measure
  // The inodes of a file system are those of all nodes.
  const isPerNode = measure && !['none', 'filesCreated', 'filesRemoved'].includes(measure)
  if (isPerNode && heard.length > 1) {
    const rate = (node: NodeRates) => rateOf(measure, node) ?? 0
    const sorted = heard.toSorted((a, b) => rate(a) - rate(b))
    const [slowest, median] = [sorted[0], sorted[sorted.length >> 1]]
    const text = (node: NodeRates) => `${node.node} ${rateText(measure, node)}`
    if (rate(slowest) < ALIKE * rate(median))
      lines.push(
        fact(
          'nodes',
          `slowest ${text(slowest)} · ${heard.length > 2 ? 'median' : 'fastest'} ${text(median)}`,
          style,
        ),
      )
  }
  if (silent.length > 0) {
    const names =
      silent.length > 3 ? `${silent.length} nodes` : silent.map(({ node }) => node).join(', ')
    lines.push(style.waiting(fact('silent', `no samples from ${names}`, style)))
  }
  return lines
}
