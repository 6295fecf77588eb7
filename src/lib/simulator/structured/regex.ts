import { ConstraintRefused, shortestText, type Pattern } from './pattern.js'

/** Letters of the usual classes, in the order in which an answer likes them. */
const CANDIDATES = [
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.,:;!?@#\n\t',
]
const CLASSES: Readonly<Record<string, string>> = { d: '0', w: 'a', s: ' ', D: 'a', W: ' ', S: 'a' }
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v' }

/**
 * A short text that the whole expression matches. Groups, alternatives, classes and quantifiers; no look-around, no back references.
 * @throws ConstraintRefused
 */
export function textOfRegex(source: string): string {
  const text = shortestText(new RegexReader(source).read())
  if (!expressionOf(`^(?:${source})$`).test(text))
    throw new ConstraintRefused(`The simulator can't make an answer for the expression ${source}`)
  return text
}

/** The first letter that a class such as `[^a-c\d]` holds. */
export function letterOfClass(source: string): string {
  const expression = expressionOf(`^${source}$`)
  const found = CANDIDATES.find((letter) => expression.test(letter))
  if (found !== undefined) return found
  // Of letters beyond ASCII the class itself is the only list.
  const listed = [...source.slice(1, -1)].find((letter) => expression.test(letter))
  if (listed === undefined) throw new ConstraintRefused(`Nothing fits into the class ${source}`)
  return listed
}

function expressionOf(source: string): RegExp {
  try {
    return new RegExp(source)
  } catch (error) {
    const why = (error as Error).message
    throw new ConstraintRefused(`Failed to transform regex into a grammar: ${why}`)
  }
}

class RegexReader {
  #at = 0

  constructor(readonly source: string) {}

  read(): Pattern {
    expressionOf(this.source)
    return this.#either()
  }

  #either(): Pattern {
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    return { kind: 'either', options }
  }

  #sequence(): Pattern {
    const parts: Pattern[] = []
    while (this.#at < this.source.length && !'|)'.includes(this.source[this.#at]))
      parts.push(this.#quantified(this.#atom()))
    return { kind: 'sequence', parts }
  }

  #atom(): Pattern {
    if (this.#take('(')) {
      if (this.#match(/\?<?[=!]/y)) throw new ConstraintRefused('Look-around is not supported')
      this.#match(/\?(:|<\w+>)/y)
      const inner = this.#either()
      this.#take(')')
      return inner
    }
    const set = this.#match(/\[(\\[^]|[^\]\\])*\]/y)
    if (set) return { kind: 'text', text: letterOfClass(set) }
    const letter = this.source[this.#at++]
    if (letter === '.') return { kind: 'text', text: 'a' }
    if (letter === '^' || letter === '$') return { kind: 'text', text: '' }
    return { kind: 'text', text: letter === '\\' ? this.#escaped() : letter }
  }

  #escaped(): string {
    const code = this.#match(/x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}/y)
    if (code) return String.fromCharCode(parseInt(code.slice(1), 16))
    const letter = this.source[this.#at++]
    if (letter === 'b') return ''
    return CLASSES[letter] ?? CONTROLS[letter] ?? letter
  }

  #quantified(part: Pattern): Pattern {
    const quantifier = this.#match(/([*+?]|\{\d+(,\d*)?\})\??/y)
    if (!quantifier) return part
    const least = /\d+/.exec(quantifier)?.[0]
    return { kind: 'repeat', part, times: Number(least ?? (quantifier[0] === '+' ? 1 : 0)) }
  }

  #take(letter: string): boolean {
    if (this.source[this.#at] !== letter) return false
    this.#at++
    return true
  }

  #match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.source)?.[0]
    this.#at += found?.length ?? 0
    return found
  }
}
