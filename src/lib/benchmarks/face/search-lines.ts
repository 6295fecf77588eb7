import { formatCount, formatNumber } from '../../platform/units.js'
import { flow } from '../../report/flow.js'
import type { Style } from '../../report/style.js'
import { renderTable, type Column } from '../../report/table.js'

/** As far as all kinds of benchmarks tell of a step. */
interface Step {
  ratePerSecond: number
  met: boolean
  valid: boolean
  verdict: string
  reason: string | null
  requests: number
  achievedPerSecond: number
}

interface Search<Own extends Step> {
  maxRatePerSecond: number | null
  boundBy: 'server' | 'client' | 'none'
  steps: readonly Own[]
}

/** The rate that was found, no more than is known of it, and every look on the way. @param own the kind's figures of a step */
export function searchLines<Own extends Step>(
  search: Search<Own> | null,
  own: readonly Column<Own>[],
  style: Style,
): string[] {
  if (!search) return []
  const drawn = search.steps.filter(
    ({ ratePerSecond, achievedPerSecond }) => achievedPerSecond > 1.05 * ratePerSecond,
  )
  const note =
    drawn.length > 0 &&
    'achieved can be above the rate: a short step draws a few more or fewer Poisson arrivals'
  return [
    ...flow([answer(search, style)], { width: style.columns, indent: 2 }),
    '',
    ...renderTable(columns(own, style), search.steps, style, '  '),
    ...flow([note], { width: style.columns, indent: 2 }).map((line) => style.quiet(line)),
    '',
  ]
}

function answer({ maxRatePerSecond: max, boundBy, steps }: Search<Step>, style: Style): string {
  const rate = (value: number) => `${formatNumber(value)}/s`
  const rates = steps.map(({ ratePerSecond }) => ratePerSecond)
  if (max === null) {
    const [least, most] = [Math.min(...rates), Math.max(...rates)]
    const span = least === most ? `at ${rate(most)}` : `from ${rate(most)} down to ${rate(least)}`
    return boundBy === 'client'
      ? style.waiting(`not known: ${span} the client could not tell`)
      : boundBy === 'none' || steps.length === 0
        ? style.waiting('not known: the search ended before a rate was judged')
        : style.bad(`no rate keeps the thresholds ${span}`)
  }
  const above = Math.min(...rates.filter((one) => one > max * 1.0001))
  const best = style.good(`${formatNumber(max)} requests/s`)
  const shown = `the figures below are of ${rate(max)}`
  switch (boundBy) {
    case 'server':
      return `${best} is the highest rate that keeps the thresholds; ${rate(above)} misses one; ${shown}`
    case 'client':
      return `at least ${best} keep the thresholds; above that the client ${clientWord(steps)}; ${shown}`
    case 'none':
      return `at least ${best} keep the thresholds; the search ended before a rate missed one; ${shown}`
  }
}

function clientWord(steps: readonly Step[]): string {
  return steps.findLast(({ valid }) => !valid)?.verdict === 'client-bound'
    ? 'was itself the limit'
    : 'was too late to tell'
}

const columns = <Own extends Step>(own: readonly Column<Own>[], style: Style): Column<Own>[] => [
  {
    title: 'rate',
    text: ({ ratePerSecond }: Step) => `${formatNumber(ratePerSecond)}/s`,
    align: 'right' as const,
    importance: 10,
  },
  {
    title: '',
    text: ({ met, valid }: Step) => (!valid ? '?' : met ? '✓' : '✗'),
    importance: 10,
    paint: (text: string, { met, valid }: Step) =>
      !valid ? style.waiting(text) : met ? style.good(text) : style.bad(text),
  },
  {
    title: 'achieved',
    text: ({ achievedPerSecond }: Step) => `${formatNumber(achievedPerSecond)}/s`,
    align: 'right' as const,
    importance: 7,
  },
  {
    title: 'requests',
    text: ({ requests }: Step) => (requests === 0 ? '' : formatCount(requests)),
    align: 'right' as const,
    importance: 3,
  },
  ...own,
  {
    title: '',
    text: ({ reason }: Step) => reason ?? '',
    importance: 6,
    paint: (text: string) => style.quiet(text),
  },
]
