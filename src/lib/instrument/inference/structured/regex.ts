const INLINE_FLAGS = /^\(\?([aimsu]+)\)/
const QUANTIFIER = /\{(\d*)(,?)(\d*)\}/y
const ESCAPE = /\\(?:U([0-9a-fA-F]{8})|[pPu]\{[^}]*\}|([\s\S]))/y

/** Of Python and Rust, without a like in JavaScript. */
const OTHER_ESCAPES: Readonly<Record<string, string>> = {
  A: '^',
  Z: '$',
  z: '$',
  a: '\\x07',
  e: '\\x1b',
}

/**
 * Python's and Rust's way to write patterns (what vLLM's back ends take) in JavaScript's, with Unicode. `.` matches line ends too, as in
 * xgrammar. @throws SyntaxError by RegExp for what no translation is known
 */
export function translateRegex(pattern: string): { source: string; flags: string } {
  const [start, inline = ''] = INLINE_FLAGS.exec(pattern) ?? ['']
  const flags = 'us' + [...'im'].filter((flag) => inline.includes(flag)).join('')
  let source = ''
  let inClass = false
  for (let at = start.length; at < pattern.length;) {
    const [taken, written] = inClass ? inClassPart(pattern, at) : outsidePart(pattern, at)
    if (!inClass && pattern[at] === '[') inClass = true
    else if (inClass && taken === ']') inClass = false
    source += written
    at += taken.length
  }
  return { source, flags }
}

type Part = readonly [taken: string, written: string]

function inClassPart(pattern: string, at: number): Part {
  if (pattern[at] === '\\') return escapePart(pattern, at)
  return pattern[at] === '[' ? ['[', '\\['] : [pattern[at], pattern[at]]
}

function outsidePart(pattern: string, at: number): Part {
  switch (pattern[at]) {
    case '\\':
      return escapePart(pattern, at)
    case '[': {
      // A bracket that comes first in a class is an ordinary character.
      const taken = /\[\^?\]?/y
      taken.lastIndex = at
      const [opening] = taken.exec(pattern)!
      return [opening, opening.replace(']', '\\]')]
    }
    case ']':
      return [']', '\\]']
    case '(':
      return groupPart(pattern, at)
    case '{': {
      QUANTIFIER.lastIndex = at
      const found = QUANTIFIER.exec(pattern)
      if (!found || found[0] === '{}') return ['{', '\\{']
      return [found[0], `{${found[1] || '0'}${found[2]}${found[3]}}`]
    }
    case '}':
      return ['}', '\\}']
    default:
      return [pattern[at], pattern[at]]
  }
}

function groupPart(pattern: string, at: number): Part {
  if (pattern.startsWith('(?P<', at)) return ['(?P<', '(?<']
  const reference = /^\(\?P=(\w+)\)/.exec(pattern.slice(at, at + 100))
  return reference ? [reference[0], `\\k<${reference[1]}>`] : ['(', '(']
}

function escapePart(pattern: string, at: number): Part {
  ESCAPE.lastIndex = at
  const found = ESCAPE.exec(pattern)
  if (!found) return ['\\', '\\']
  const [taken, long, character] = found
  if (long !== undefined) return [taken, `\\u{${long.replace(/^0+(?=.)/, '')}}`]
  if (character === undefined) return [taken, taken]
  if (character in OTHER_ESCAPES) return [taken, OTHER_ESCAPES[character]]
  // With the u flag only syntax may be escaped, and letters that mean something.
  const isPlain = !/[A-Za-z0-9^$\\.*+?()[\]{}|/-]/.test(character)
  return [taken, isPlain ? character : character === '-' ? '\\x2d' : taken]
}
