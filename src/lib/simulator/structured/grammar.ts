import { ConstraintRefused, shortestText, type Pattern } from './pattern.js'
import { letterOfClass } from './regex.js'

const INVALID = 'Invalid grammar specification.'
const TOKEN =
  /\s+|#.*|(?<head>[\w-]+)\s*::=|"(?<double>(?:\\.|[^"\\])*)"|'(?<single>(?:\\.|[^'\\])*)'|(?<set>\[(?:\\.|[^\]\\])*\])|(?<least>\{\s*\d+)\s*(?:,\s*\d*\s*)?\}|(?<name>[\w-]+)|(?<sign>[()|*+?])/gy

interface Token {
  kind: 'head' | 'text' | 'set' | 'least' | 'name' | 'sign'
  text: string
}

/**
 * A short sentence of an EBNF grammar as vLLM takes it: `root ::= "SELECT " column`, with groups, classes, `* + ? {m,n}`.
 * @throws ConstraintRefused
 */
export function sentenceOf(grammar: string): string {
  const rules = new GrammarReader(tokensOf(grammar)).read()
  return shortestText({ kind: 'rule', name: 'root' }, rules)
}

function tokensOf(grammar: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < grammar.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const groups = TOKEN.exec(grammar)?.groups
    if (!groups) throw new ConstraintRefused(INVALID)
    const { double, single, ...others } = groups
    const literal = double ?? single
    if (literal !== undefined) tokens.push({ kind: 'text', text: unescaped(literal) })
    const found = Object.entries(others).find(([, text]) => text !== undefined)
    if (found) tokens.push({ kind: found[0] as Token['kind'], text: found[1] })
  }
  return tokens
}

function unescaped(literal: string): string {
  return literal.replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(parseInt(code.slice(1), 16))
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code
  })
}

class GrammarReader {
  #at = 0

  constructor(readonly tokens: readonly Token[]) {}

  read(): Map<string, Pattern> {
    const rules = new Map<string, Pattern>()
    while (this.#at < this.tokens.length) {
      const head = this.tokens[this.#at++]
      if (head.kind !== 'head') throw new ConstraintRefused(INVALID)
      rules.set(head.text, this.#either())
    }
    return rules
  }

  #either(): Pattern {
    const options = [this.#sequence()]
    while (this.#takeSign('|')) options.push(this.#sequence())
    return { kind: 'either', options }
  }

  #sequence(): Pattern {
    const parts: Pattern[] = []
    for (;;) {
      const atom = this.#atom()
      if (!atom) return { kind: 'sequence', parts }
      parts.push(this.#quantified(atom))
    }
  }

  #atom(): Pattern | null {
    if (this.#takeSign('(')) {
      const inner = this.#either()
      if (!this.#takeSign(')')) throw new ConstraintRefused(INVALID)
      return inner
    }
    const token = this.tokens[this.#at]
    if (!token || !['text', 'set', 'name'].includes(token.kind)) return null
    this.#at++
    if (token.kind === 'name') return { kind: 'rule', name: token.text }
    return { kind: 'text', text: token.kind === 'set' ? letterOfClass(token.text) : token.text }
  }

  #quantified(part: Pattern): Pattern {
    const token = this.tokens[this.#at]
    if (token?.kind === 'least') {
      this.#at++
      return { kind: 'repeat', part, times: Number(token.text.slice(1)) }
    }
    if (this.#takeSign('+')) return part
    if (this.#takeSign('*') || this.#takeSign('?')) return { kind: 'repeat', part, times: 0 }
    return part
  }

  #takeSign(sign: string): boolean {
    const token = this.tokens[this.#at]
    if (token?.kind !== 'sign' || token.text !== sign) return false
    this.#at++
    return true
  }
}
