import { forTerminal } from '../report/style.js'

const [HIDE_CURSOR, SHOW_CURSOR] = ['\x1b[?25l', '\x1b[?25h']
/** While it is drawn, a line that is too long is cut by the terminal: broken, it would count as two. */
const [NO_WRAP, WRAP] = ['\x1b[?7l', '\x1b[?7h']
const CLEAR_BELOW = '\x1b[0J'

/** What it draws on: a terminal. */
export interface Screen {
  write(text: string): unknown
  columns?: number
  rows?: number
}

/** @returns undefined where stdout is no terminal, or one that can't go back */
export function pictureOnTerminal(): LivePicture | undefined {
  const isTerminal = process.stdout.isTTY && process.env.TERM !== 'dumb'
  return isTerminal ? new LivePicture(process.stdout) : undefined
}

/** Some lines that are drawn again and again in the same place. */
export class LivePicture {
  readonly #screen: Screen
  #drawn = 0
  #last = ''

  constructor(screen: Screen) {
    this.#screen = screen
  }

  draw(lines: readonly string[]): void {
    const most = Math.max(1, (this.#screen.rows || 24) - 1)
    const shown = lines.slice(0, most)
    const text = shown.map((line) => forTerminal(line) + '\n').join('')
    if (text === this.#last) return
    const back = this.#drawn > 0 ? `\x1b[${this.#drawn}F` : ''
    this.#screen.write(HIDE_CURSOR + back + CLEAR_BELOW + NO_WRAP + text + WRAP)
    this.#drawn = shown.length
    this.#last = text
  }

  /** What was drawn last stays; it must be called whatever happens. */
  end(): void {
    this.#screen.write(SHOW_CURSOR)
  }
}
