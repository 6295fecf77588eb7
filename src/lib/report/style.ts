import { Chalk, type ChalkInstance } from 'chalk'
import { randomInt } from 'node:crypto'
import { printable } from '../platform/printable.js'

/** How text may look where it goes to: decided once a stream. */
export interface Style {
  columns: number
  /** Green ready, yellow waiting, red failed; grey for the secondary. */
  good(text: string): string
  waiting(text: string): string
  bad(text: string): string
  quiet(text: string): string
  strong(text: string): string
}

export interface StyleChoice {
  isTty: boolean
  columns?: number
  noColorFlag: boolean
  variables: Readonly<Record<string, string | undefined>>
}

/**
 * Our own colours carry a number that text of others can't know (a terminal would pass over it), so that {@link forTerminal} can tell
 * them from an escape sequence in a model's name.
 */
const MARK = `\x1b[${randomInt(1000, 10_000)};`
const OWN_COLORS = new RegExp(`(${MARK.replace('[', '\\[')}[\\d;]+m)`)

const DEFAULT_COLUMNS = 100
/** Of a terminal that does not know its width, or says 0: `script`, docker -t, expect. */
const TERMINAL_COLUMNS = 80

/** NO_COLOR and --no-color win over FORCE_COLOR; without either, a terminal that is not dumb has colour. */
export function chooseStyle({ isTty, columns, noColorFlag, variables }: StyleChoice): Style {
  const forbidden = noColorFlag || Boolean(variables.NO_COLOR)
  const forced = Boolean(variables.FORCE_COLOR) && variables.FORCE_COLOR !== '0'
  const hasColor = !forbidden && (forced || (isTty && variables.TERM !== 'dumb'))
  return styleWith(
    new Chalk({ level: hasColor ? 1 : 0 }),
    columns || (isTty ? TERMINAL_COLUMNS : DEFAULT_COLUMNS),
  )
}

export const plainStyle: Style = styleWith(new Chalk({ level: 0 }), 80)

function styleWith(chalk: ChalkInstance, columns: number): Style {
  return {
    columns,
    good: marked(chalk.green),
    waiting: marked(chalk.yellow),
    bad: marked(chalk.red),
    quiet: marked(chalk.gray),
    strong: marked(chalk.bold),
  }
}

/** All that is written to a terminal comes through here: our colours, and of everything else only what can be read. */
export function forTerminal(text: string): string {
  return mapColors(text, printable, (own) => own.replace(MARK, '\x1b['))
}

function marked(paint: (text: string) => string): (text: string) => string {
  const mark = (foreign: string) => foreign.replaceAll('\x1b[', MARK)
  return (text) => mapColors(paint(mapColors(text, printable)), mark)
}

function mapColors(
  text: string,
  mapOther: (text: string) => string,
  mapOwn = (color: string) => color,
): string {
  const pieces = text.split(OWN_COLORS)
  return pieces.map((piece, i) => (i % 2 === 0 ? mapOther(piece) : mapOwn(piece))).join('')
}
