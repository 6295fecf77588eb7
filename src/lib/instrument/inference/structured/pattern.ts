import { createContext, Script } from 'node:vm'
import type { RE2JS } from 're2js'
import { BoundedCache } from './bounded-cache.js'
import { JudgementLimitError } from './judgement-limit.js'
import { translateRegex } from './regex.js'

/**
 * Patterns of users and of datasets, run on text of servers: by RE2, whose time grows with the length of the text only. What RE2 lacks
 * (look-ahead, back references, counts over 1,000) goes to JavaScript's own engine, whose time may double with each character, under a
 * deadline.
 */
export interface Pattern {
  /** Somewhere in the text. @throws JudgementLimitError */
  test(text: string): boolean
  /** The whole text. @throws JudgementLimitError */
  testWhole(text: string): boolean
  /** What tells one pattern from another: ajv keeps them by it. */
  toString(): string
}

type Tests = Pick<Pattern, 'test' | 'testWhole'>

const BACKTRACKING_MS = 100

const compiled = new BoundedCache<string, Pattern>(256)

/** Why the whole text does not match; undefined when it does. @throws JudgementLimitError */
export async function whyNotMatched(pattern: string, text: string): Promise<string | undefined> {
  const patternOf = await patternCompiler()
  try {
    return patternOf(pattern).testWhole(text) ? undefined : 'it does not match the whole pattern'
  } catch (error) {
    if (error instanceof SyntaxError) return `the pattern can't be read: ${error.message}`
    throw error
  }
}

/** What it returns throws SyntaxError for what no engine can read. RE2 is loaded when the first pattern comes. */
export async function patternCompiler(): Promise<(pattern: string) => Pattern> {
  const { RE2JS } = await import('re2js')
  return (pattern) =>
    compiled.get(pattern, () => {
      const { source, flags } = translateRegex(pattern)
      // Names its faults, and refuses what only RE2 would take. Not ^ and $: with the flag m those are any line's.
      const whole = new RegExp(`(?<![^])(?:${source})(?![^])`, flags)
      const tests = linear(RE2JS, source, flags) ?? backtracking(new RegExp(source, flags), whole)
      return { ...tests, toString: () => pattern }
    })
}

/** A back reference would be read as letters. */
const NOT_OF_RE2 = /\\(?:[1-9]|k<)/

function linear(re2: typeof RE2JS, source: string, flags: string): Tests | undefined {
  if (NOT_OF_RE2.test(source)) return undefined
  const options = [
    re2.DOTALL,
    re2.LOOKBEHINDS,
    flags.includes('i') ? re2.CASE_INSENSITIVE : 0,
    flags.includes('m') ? re2.MULTILINE : 0,
  ]
  try {
    const re = re2.compile(
      re2.translateRegExp(withAllSpaces(source)),
      options.reduce((all, option) => all | option),
    )
    return { test: (text) => re.test(text), testWhole: (text) => re.testExact(text) }
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('RE2JS')) return undefined
    throw error
  }
}

/** `\s` of RE2 is ASCII's; JavaScript, Python and vLLM's back ends know more blanks. */
const SPACES =
  '\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'

function withAllSpaces(source: string): string {
  let inClass = false
  return source.replace(/\\[\s\S]|[[\]]/g, (part) => {
    if (part === '[') inClass = true
    else if (part === ']') inClass = false
    else if (part === '\\s') return inClass ? SPACES : `[${SPACES}]`
    else if (part === '\\S' && !inClass) return `[^${SPACES}]`
    return part
  })
}

function backtracking(anywhere: RegExp, whole: RegExp): Tests {
  const run = (pattern: RegExp) => (text: string) => {
    try {
      Object.assign(sandbox, { pattern, text })
      return matching.runInContext(sandbox, { timeout: BACKTRACKING_MS }) as boolean
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
        throw new JudgementLimitError(
          `the pattern took more than ${BACKTRACKING_MS} ms on this text`,
        )
      throw error
    }
  }
  return { test: run(anywhere), testWhole: run(whole) }
}

const matching = new Script('pattern.test(text)')
const sandbox = createContext({})
