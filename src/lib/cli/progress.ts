import type { Progress, Step } from '../platform/progress.js'
import { silent } from '../platform/progress.js'
import { formatDuration } from '../platform/units.js'
import { bar } from '../report/bar.js'
import { flow } from '../report/flow.js'
import { oneLine } from '../platform/printable.js'
import { forTerminal, type Style } from '../report/style.js'
import { cut } from '../report/table.js'
import type { OutputMode } from './output.js'

/** Draws steps on stderr: in place on a terminal (listr2), a line for each change elsewhere, nothing under --json and --quiet. */
export function createProgress(mode: OutputMode, style: Style): Progress {
  if (mode.json || mode.quiet) return silent
  return process.stderr.isTTY && process.env.TERM !== 'dumb'
    ? new TerminalProgress(style)
    : new PlainProgress(style)
}

const TITLE_WIDTH = 11
/** Between two looks at live figures where there is no terminal: the longer it lasts, the fewer are worth a line. */
const LIVE_LINE_MS = 10_000
const MOST_LIVE_LINE_MS = 60_000

export interface StepState {
  title: string
  text: string
  /** How long it took; null while it goes on. */
  ms: number | null
  share?: number
}

export function stepLine(mark: string, step: StepState, style: Style): string {
  const { title, text, ms, share } = step
  if (share !== undefined) return liveLine(mark, text, share, style)
  const time = ms === null ? '' : formatDuration(ms)
  const room = style.columns - TITLE_WIDTH - time.length - 8
  // What is said where there is no title says the name of the step first.
  const said = text.startsWith(`${title} `) ? text.slice(title.length + 1) : text
  const wide = Math.max(0, title.length - TITLE_WIDTH)
  const padded = cut(oneLine(said), room - wide).padEnd(Math.min(room, 58) - wide)
  const line = `${mark} ${title.padEnd(TITLE_WIDTH)} ${padded}  ${style.quiet(time)}`
  return forTerminal(line.trimEnd())
}

/** Parts one after another, on as many lines as they need. */
function noteLines(text: string, { columns }: Style): string {
  const lines = flow(text.split(' · '), { width: columns, indent: 0 })
  return lines.map((line) => forTerminal(line) + '\n').join('')
}

/** Figures that change want the whole line: the bar takes the place of the title, and goes where there is no room. */
function liveLine(mark: string, text: string, share: number, style: Style): string {
  const width = style.columns < 76 ? 0 : style.columns < 110 ? 8 : 24
  const drawn = width === 0 ? '' : `${bar(share, width, style)} `
  const room = style.columns - 3 - (width && width + 1)
  return forTerminal(`${mark} ${drawn}${cut(oneLine(text), room)}`)
}

class PlainProgress implements Progress {
  constructor(readonly style: Style) {}

  note(text: string): void {
    process.stderr.write(noteLines(text, this.style))
  }

  step(title: string): Step {
    const startMs = performance.now()
    let [shown, last, isOpen] = ['', '', true]
    const write = (mark: string, text: string, ms: number | null) =>
      process.stderr.write(stepLine(mark, { title, text, ms }, this.style) + '\n')
    // Of figures that change all the time a log wants a look now and then.
    let liveMs = startMs
    const live = (text: string) => {
      const now = performance.now()
      const pauseMs = Math.max(LIVE_LINE_MS, Math.min(MOST_LIVE_LINE_MS, (now - startMs) / 10))
      if (!isOpen || now - liveMs < pauseMs) return
      liveMs = now
      write('…', text, null)
    }
    const close = (mark: string) => (text?: string, ms?: number) => {
      if (isOpen) write(mark, text ?? last, ms ?? performance.now() - startMs)
      isOpen = false
    }
    return {
      update: (text, share) => {
        last = text
        if (share !== undefined) return live(text)
        // A new figure is no change: only new words are worth a line in a log.
        const words = text.replaceAll(/[\d.,  ]+/g, '')
        if (isOpen && words !== shown) write('…', text, null)
        shown = words
      },
      done: close(this.style.good('✓')),
      fail: close(this.style.bad('✗')),
    }
  }
}

class TerminalProgress implements Progress {
  #open: Step | undefined
  #settled: Promise<unknown> = Promise.resolve()

  constructor(readonly style: Style) {}

  note(text: string): void {
    this.#settled = this.#settled.then(() => process.stderr.write(noteLines(text, this.style)))
  }

  /** listr2 draws one list at a time: a step waits for the one before to leave its line. */
  step(title: string): Step {
    this.#open?.done()
    const startMs = performance.now()
    let [text, isFailed, tookMs] = ['', false, 0]
    let share: number | undefined
    let setTitle: (line: string) => void = () => undefined
    let end: () => void = () => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    const line = (ms: number | null) => {
      const state = { title, text, ms, ...(ms === null ? { share } : {}) }
      return stepLine('', state, this.style).trimStart()
    }
    const step: Step = {
      update: (next, done) => {
        text = next
        share = done
        setTitle(line(null))
      },
      done: (last, ms) =>
        this.#close(step, () => {
          text = last ?? text
          tookMs = ms ?? performance.now() - startMs
          setTitle(line(tookMs))
          end()
        }),
      fail: (last) =>
        this.#close(
          step,
          () => (
            (isFailed = true),
            (text = last ?? text),
            (tookMs = performance.now() - startMs),
            setTitle(line(tookMs)),
            end()
          ),
        ),
    }
    this.#open = step
    this.#settled = this.#settled.then(async () => {
      const { Listr, ListrLogger, ProcessOutput } = await import('listr2')
      const logger = new ListrLogger({
        processOutput: new ProcessOutput(process.stderr, process.stderr),
      })
      const list = new Listr(
        [
          {
            title: line(null),
            task: async (_context, task) => {
              setTitle = (next) => (task.title = next)
              setTitle(line(null))
              await ended
              setTitle(line(tookMs))
              if (isFailed) throw new Error(line(null))
            },
          },
        ],
        {
          exitOnError: false,
          registerSignalListeners: false,
          rendererOptions: {
            logger,
            formatOutput: 'truncate',
            collapseErrors: false,
            showErrorMessage: false,
          },
        },
      )
      await list.run().catch(() => undefined)
    })
    return step
  }

  /** A step can be closed once; its time is that of the closing, not of the drawing. */
  #close(step: Step, work: () => void): void {
    if (this.#open !== step) return
    this.#open = undefined
    work()
  }

  /** Before anything else is written, the last line must stand. */
  async flush(): Promise<void> {
    this.#open?.fail()
    await this.#settled
  }
}

/** Waits until everything is drawn. */
export async function flushProgress(progress: Progress): Promise<void> {
  if (progress instanceof TerminalProgress) await progress.flush()
}
