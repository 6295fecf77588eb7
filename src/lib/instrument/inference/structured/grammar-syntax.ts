/** A grammar as written: one expression a rule. Characters are Unicode code points. */
export type Expression =
  | { kind: 'literal'; points: readonly number[] }
  | { kind: 'class'; negated: boolean; ranges: readonly CodeRange[] }
  | { kind: 'rule'; name: string }
  | { kind: 'sequence'; parts: readonly Expression[] }
  | { kind: 'choice'; options: readonly Expression[] }
  /** `max` null: without end. */
  | { kind: 'repeat'; of: Expression; min: number; max: number | null }
export type CodeRange = readonly [from: number, to: number]
export type Rules = ReadonlyMap<string, Expression>

export const ROOT = 'root'

const NAME = /[A-Za-z_][A-Za-z0-9_.-]*/y
/** White space and comments; line ends mean nothing, a rule ends where the next `name ::=` begins. */
const GAP = /(?:[ \t\r\n]|#[^\n]*)*/y
const RULE_START = /[A-Za-z_][A-Za-z0-9_.-]*(?:[ \t\r\n]|#[^\n]*)*::=/y
const COUNTS = /\{\s*(\d+)\s*(?:(,)\s*(\d+)?\s*)?\}/y
const CODED = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y
const NAMED: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  v: '\v',
  b: '\b',
  a: '\x07',
  e: '\x1b',
  '0': '\0',
}

/**
 * Reads the EBNF that vLLM's xgrammar takes (llama.cpp's GBNF with its own repetition counts): rules, literals, character classes,
 * groups, `|`, `*`, `+`, `?`, `{m}`, `{m,}`, `{m,n}`, comments. Look-ahead and tag dispatch are refused by name.
 * @throws SyntaxError that names the line
 */
export function parseGrammar(text: string): Rules {
  return new GrammarReader(text).rules()
}

class GrammarReader {
  #at = 0

  constructor(readonly text: string) {}

  rules(): Rules {
    const rules = new Map<string, Expression>()
    this.#skipGap()
    while (this.#at < this.text.length) {
      const name = this.#take(NAME)?.[0] ?? this.#fail('a rule has to begin here: name ::= …')
      this.#skipGap()
      if (!this.#takeText('::=')) this.#fail(`"::=" is missing after ${name}`)
      if (rules.has(name)) this.#fail(`the rule ${name} is there twice`)
      rules.set(name, this.#choice())
    }
    if (!rules.has(ROOT)) throw new SyntaxError(`there is no rule named ${ROOT}`)
    for (const expression of rules.values()) checkNames(expression, rules)
    return rules
  }

  #choice(): Expression {
    const options = [this.#sequence()]
    while (this.#takeText('|')) options.push(this.#sequence())
    return options.length === 1 ? options[0] : { kind: 'choice', options }
  }

  #sequence(): Expression {
    const parts: Expression[] = []
    for (;;) {
      this.#skipGap()
      const next = this.text[this.#at]
      if (next === undefined || next === '|' || next === ')' || this.#sees(RULE_START)) break
      parts.push(this.#repeated(this.#element()))
    }
    return parts.length === 1 ? parts[0] : { kind: 'sequence', parts }
  }

  #element(): Expression {
    if (this.#takeText('(=')) this.#fail('look-ahead is not supported')
    if (this.#takeText('(')) {
      const inner = this.#choice()
      if (!this.#takeText(')')) this.#fail('a group is not closed')
      return inner
    }
    if (this.#takeText('"')) return this.#literal()
    if (this.#takeText('[')) return this.#class()
    const name = this.#take(NAME)?.[0] ?? this.#fail(`"${this.text[this.#at]}" is not expected`)
    if (this.text[this.#at] === '(') this.#fail(`${name}(…) is not supported`)
    return { kind: 'rule', name }
  }

  #repeated(of: Expression): Expression {
    this.#skipGap()
    if (this.#takeText('*')) return { kind: 'repeat', of, min: 0, max: null }
    if (this.#takeText('+')) return { kind: 'repeat', of, min: 1, max: null }
    if (this.#takeText('?')) return { kind: 'repeat', of, min: 0, max: 1 }
    if (this.text[this.#at] !== '{') return of
    const [, from, comma, to] = this.#take(COUNTS) ?? this.#fail('a count looks like {2} or {1,3}')
    const min = Number(from)
    const max = comma === undefined ? min : to === undefined ? null : Number(to)
    if (max !== null && max < min) this.#fail(`{${min},${max}} goes down`)
    return { kind: 'repeat', of, min, max }
  }

  #literal(): Expression {
    const points: number[] = []
    while (!this.#takeText('"')) points.push(this.#character('a literal'))
    return { kind: 'literal', points }
  }

  #class(): Expression {
    const negated = this.#takeText('^')
    const ranges: CodeRange[] = []
    while (!this.#takeText(']')) {
      const from = this.#character('a class')
      const isRange = this.text[this.#at] === '-' && this.text[this.#at + 1] !== ']'
      if (isRange) this.#at++
      const to = isRange ? this.#character('a class') : from
      if (to < from) this.#fail('a range of a class goes down')
      ranges.push([from, to])
    }
    return { kind: 'class', negated, ranges }
  }

  #character(inside: string): number {
    const point = this.text.codePointAt(this.#at)
    if (point === undefined || point === 10) this.#fail(`${inside} is not closed`)
    this.#at += point! > 0xffff ? 2 : 1
    return point === 92 ? this.#escaped() : point!
  }

  #escaped(): number {
    const coded = this.#take(CODED)
    if (coded) return parseInt(coded[1] ?? coded[2] ?? coded[3], 16)
    const character = this.text[this.#at++] ?? this.#fail('an escape is cut off')
    if (/[A-Za-z0-9]/.test(character) && !(character in NAMED))
      this.#fail(`the escape \\${character} is not known`)
    return (NAMED[character] ?? character).codePointAt(0)!
  }

  #skipGap() {
    this.#take(GAP)
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)
    if (found) this.#at = pattern.lastIndex
    return found
  }

  #takeText(text: string): boolean {
    if (!this.text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #sees(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    return pattern.test(this.text)
  }

  #fail(why: string): never {
    const line = this.text.slice(0, this.#at).split('\n').length
    throw new SyntaxError(`line ${line} of the grammar: ${why}`)
  }
}

function checkNames(expression: Expression, rules: Rules): void {
  switch (expression.kind) {
    case 'rule':
      if (!rules.has(expression.name))
        throw new SyntaxError(`the grammar uses the rule ${expression.name} and does not define it`)
      return
    case 'sequence':
      return expression.parts.forEach((part) => checkNames(part, rules))
    case 'choice':
      return expression.options.forEach((option) => checkNames(option, rules))
    case 'repeat':
      return checkNames(expression.of, rules)
    case 'class':
    case 'literal':
  }
}
