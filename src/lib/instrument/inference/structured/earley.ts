import { JudgementLimitError } from './judgement-limit.js'
import type { GrammarSymbol, Productions, Terminal } from './productions.js'

/** Where a text stopped to fit: `at` counts code points; `at` = length means that it ended too early. */
export type Recognition = { fits: true } | { fits: false; at: number }

interface Item {
  head: number
  body: readonly GrammarSymbol[]
  dot: number
  /** The column where it began. */
  origin: number
}

/**
 * Whether the whole text can be made by the grammar. Earley's algorithm, with Aycock and Horspool's treatment of what can be nothing:
 * any grammar, left recursion and ambiguity included, in cubic time at worst and about linear time for what people write. @throws JudgementLimitError after {@link MOST_STEPS}
 */
export function recognise({ root, bodies, nullable }: Productions, text: string): Recognition {
  const points = Array.from(text, (character) => character.codePointAt(0)!)
  const columns: Column[] = []
  const budget = { steps: MOST_STEPS }
  let column = new Column(budget)
  for (const body of bodies[root]) column.add({ head: root, body, dot: 0, origin: 0 })

  for (let at = 0; ; at++) {
    columns.push(column)
    const next = new Column(budget)
    for (const item of column.items) {
      const symbol = item.body[item.dot]
      if (symbol === undefined) {
        for (const waiting of columns[item.origin].waitingFor(item.head))
          column.add(advanced(waiting))
      } else if (typeof symbol === 'number') {
        column.wait(symbol, item)
        for (const body of bodies[symbol]) column.add({ head: symbol, body, dot: 0, origin: at })
        if (nullable[symbol]) column.add(advanced(item))
      } else if (at < points.length && matches(symbol, points[at])) next.add(advanced(item))
    }
    if (at === points.length) return column.completes(root) ? { fits: true } : { fits: false, at }
    if (next.items.length === 0) return { fits: false, at }
    column = next
  }
}

/** About a second; a page of JSON needs a hundredth of it. */
const MOST_STEPS = 10_000_000

/** All that may be going on after so many characters; grows while it is gone through. */
class Column {
  readonly items: Item[] = []
  readonly #seen = new Map<readonly GrammarSymbol[], Set<number>>()
  readonly #waiting = new Map<number, Item[]>()

  constructor(readonly budget: { steps: number }) {}

  add(item: Item): void {
    if (--this.budget.steps < 0)
      throw new JudgementLimitError('the grammar is too ambiguous for an answer of this length')
    const key = item.origin * 65_536 + item.dot
    const keys = this.#seen.get(item.body)
    if (keys?.has(key)) return
    if (keys) keys.add(key)
    else this.#seen.set(item.body, new Set([key]))
    this.items.push(item)
  }

  wait(symbol: number, item: Item): void {
    const items = this.#waiting.get(symbol)
    if (items) items.push(item)
    else this.#waiting.set(symbol, [item])
  }

  /** A copy: it may grow meanwhile, and what comes later takes the step of the nullable itself. */
  waitingFor(symbol: number): readonly Item[] {
    return [...(this.#waiting.get(symbol) ?? [])]
  }

  completes(root: number): boolean {
    return this.items.some(
      ({ head, body, dot, origin }) => head === root && origin === 0 && dot === body.length,
    )
  }
}

function advanced(item: Item): Item {
  return { ...item, dot: item.dot + 1 }
}

function matches({ negated, ranges }: Terminal, point: number): boolean {
  return ranges.some(([from, to]) => point >= from && point <= to) !== negated
}
