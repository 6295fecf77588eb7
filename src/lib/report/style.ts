import { Chalk, type ChalkInstance } from 'chalk'

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

const DEFAULT_COLUMNS = 100

/** NO_COLOR and --no-color win over FORCE_COLOR; without either, a terminal that is not dumb has colour. */
export function chooseStyle({ isTty, columns, noColorFlag, variables }: StyleChoice): Style {
  const forbidden = noColorFlag || Boolean(variables.NO_COLOR)
  const forced = Boolean(variables.FORCE_COLOR) && variables.FORCE_COLOR !== '0'
  const hasColor = !forbidden && (forced || (isTty && variables.TERM !== 'dumb'))
  return styleWith(new Chalk({ level: hasColor ? 1 : 0 }), columns ?? DEFAULT_COLUMNS)
}

export const plainStyle: Style = styleWith(new Chalk({ level: 0 }), 80)

function styleWith(chalk: ChalkInstance, columns: number): Style {
  return {
    columns,
    good: chalk.green,
    waiting: chalk.yellow,
    bad: chalk.red,
    quiet: chalk.gray,
    strong: chalk.bold,
  }
}
