import { ROOT, type CodeRange, type Expression, type Rules } from './grammar-syntax.js'

/** One code point of a set. */
export interface Terminal {
  negated: boolean
  ranges: readonly CodeRange[]
}
/** A number is a nonterminal. */
export type GrammarSymbol = number | Terminal

/** A grammar without shorthand: each nonterminal has bodies, each body is a list of symbols. */
export interface Productions {
  root: number
  /** By nonterminal. */
  bodies: readonly (readonly (readonly GrammarSymbol[])[])[]
  /** By nonterminal: whether it can be nothing. */
  nullable: readonly boolean[]
}

/** Above it a grammar is refused: counts are written out. */
const MAX_NONTERMINALS = 200_000

/** @throws SyntaxError when written-out repetitions would fill the memory */
export function productionsOf(rules: Rules): Productions {
  const bodies: GrammarSymbol[][][] = []
  const add = (...initial: GrammarSymbol[][]) => {
    if (bodies.length >= MAX_NONTERMINALS) throw new SyntaxError('its repetitions are too many')
    return bodies.push(initial) - 1
  }
  const byName = new Map([...rules.keys()].map((name) => [name, add()]))

  const symbols = (expression: Expression): GrammarSymbol[] => {
    switch (expression.kind) {
      case 'literal':
        return expression.points.map((point) => ({ negated: false, ranges: [[point, point]] }))
      case 'class':
        return [expression]
      case 'rule':
        return [byName.get(expression.name)!]
      case 'sequence':
        return expression.parts.flatMap(symbols)
      case 'choice':
        return [add(...expression.options.map(symbols))]
      case 'repeat':
        return [repeat(expression.of, expression.min, expression.max)]
    }
  }

  /** Recursion on the left: the recogniser then needs a constant number of steps for each further one. */
  const repeat = (of: Expression, min: number, max: number | null): number => {
    const once = add(symbols(of))
    let counted = add([])
    for (let n = 0; n < min; n++) counted = add([counted, once])
    if (max === null) {
      const more = add([counted])
      bodies[more].push([more, once])
      return more
    }
    const any = add([counted])
    for (let n = min; n < max; n++) {
      counted = add([counted, once])
      bodies[any].push([counted])
    }
    return any
  }

  for (const [name, expression] of rules) bodies[byName.get(name)!].push(symbols(expression))
  return { root: byName.get(ROOT)!, bodies, nullable: nullableOf(bodies) }
}

function nullableOf(bodies: readonly GrammarSymbol[][][]): boolean[] {
  const nullable = bodies.map(() => false)
  for (let changed = true; changed;) {
    changed = false
    bodies.forEach((options, head) => {
      if (nullable[head]) return
      nullable[head] = options.some((body) =>
        body.every((symbol) => typeof symbol === 'number' && nullable[symbol]),
      )
      changed ||= nullable[head]
    })
  }
  return nullable
}
