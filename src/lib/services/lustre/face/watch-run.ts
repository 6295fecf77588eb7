import { pictureOnTerminal } from '../../../cli/live-picture.js'
import { LiveReader } from '../../../instrument/filesystem/live/read-live.js'
import type { Context } from '../../../jobs/contract.js'
import { describeInstance } from '../../../jobs/describe.js'
import { nextLines, paint } from '../../../jobs/face/instance-view.js'
import { followInstance } from '../../../jobs/follow.js'
import type { InstanceReport } from '../../../jobs/reports.js'
import type { Instance } from '../../../state/schema.js'
import { forTerminal, type Style } from '../../../report/style.js'
import { LiveChanges, type LiveEvent } from '../live-events.js'
import { eventText } from './live-text.js'
import { liveLines } from './live-view.js'

const LOOK_MS = 1_000
/** Between two lines that only tell figures: of a log, and of a program that reads them. */
const LINE_MS = 30_000
const EVENT_MS = 5_000

export interface WatchParts {
  style: Style
  /** Only the end is of interest. */
  isQuiet: boolean
  /** Told each event; then nothing is drawn or printed. */
  onEvent?(event: LiveEvent): void
}

/** Shows a run until it has ended or is left: on a terminal one picture, elsewhere a line for each change. */
export async function watchRun(
  context: Context,
  instance: Instance,
  { style, isQuiet, onEvent }: WatchParts,
): Promise<InstanceReport> {
  const reader = new LiveReader(instance.runDir)
  const picture = isQuiet || onEvent ? undefined : pictureOnTerminal()
  const changes = new LiveChanges(onEvent ? EVENT_MS : LINE_MS)
  const print = (text: string) => void process.stdout.write(forTerminal(text) + '\n')
  try {
    const seen = await followInstance(context, instance, LOOK_MS, async (look) => {
      const state = await reader.look(context.clock.now().getTime())
      if (picture) {
        const { columns, rows } = process.stdout
        const ofNow = { ...style, columns: columns || style.columns }
        return picture.draw(liveLines(look, state, { style: ofNow, rows }))
      }
      for (const event of changes.of(state)) {
        if (onEvent) onEvent(event)
        else if (!isQuiet) {
          const text = eventText(event, state, style)
          if (text !== undefined) print(text)
        }
      }
    })
    return describeInstance(context, seen)
  } finally {
    picture?.end()
  }
}

/** What came of it, and what to do next; of one that goes on, how to come back to it. */
export function watchedView(report: InstanceReport, style: Style): string {
  const { name, summary, lastResult, detail } = report
  if (report.phase !== 'ended') return `${name} goes on${nextText(report, style)}`
  // How it ended is said by the line itself.
  const said = summary === 'completed' ? lastResult : detail?.replace(/^it failed(, |$)/, '')
  const line = `${name} has ${paint(summary, ENDED[summary] ?? summary, style)}`
  return `${line}${said ? `: ${said}` : ''}${nextText(report, style)}`
}

const ENDED: Partial<Record<InstanceReport['summary'], string>> = { lost: 'been lost' }

function nextText({ next }: InstanceReport, style: Style): string {
  return next.length === 0 ? '' : `\n${nextLines(next, style).join('\n')}`
}
