import { aibench } from '../platform/command-line.js'
import { UsageError } from '../platform/errors.js'
import { suggestFlag } from './suggestions.js'

/**
 * What the parser of the command line finds wrong, in our words: its own speak of its parts, and some run over pages. Known by what they
 * carry and how they begin, as of @oclif/core 4.14; one that is not known still becomes a sentence of ours.
 */

/** oclif's errors of the parser, as far as they are read here. */
interface ParseError extends Error {
  flags?: unknown
  args?: unknown
  parse?: {
    input?: {
      flags?: Record<string, unknown>
      args?: Record<string, unknown>
      argv?: string[]
    }
    output?: { argv?: unknown[] }
  }
}

export function isParseError(error: unknown): error is ParseError {
  return error instanceof Error && 'oclif' in error
}

/** `command` as it is typed: `state repair`. */
export function parseErrorInWords(error: ParseError, command: string): UsageError {
  const { input, output } = error.parse ?? {}
  const found = sentenceOf(error, {
    command,
    known: Object.keys(input?.flags ?? {}),
    takesText: Object.hasOwn(input?.args ?? {}, 'text'),
    argv: input?.argv ?? [],
    positionals: output?.argv?.map(String) ?? [],
  })
  const help = aibench(...command.split(' '), '--help')
  return new UsageError(found?.message ?? `This command line can't be read`, {
    code: 'AIB_FLAGS',
    hints: [...(found?.hints ?? []), help],
  })
}

interface Typed {
  command: string
  /** Names of the command's flags. */
  known: readonly string[]
  /** Its one argument is a text, of which a shell makes several words. */
  takesText: boolean
  argv: readonly string[]
  positionals: readonly string[]
}

interface Sentence {
  message: string
  hints?: readonly string[]
}

function sentenceOf(error: ParseError, typed: Typed): Sentence | undefined {
  const { flags, args } = error
  const text = error.message.replace(/\s*See more help with --help\s*$/, '').replace(/\s+/g, ' ')
  if (Array.isArray(flags)) return unknownFlag(flags.map(String), typed)
  if (text.startsWith('Unexpected argument') && Array.isArray(args))
    return unexpected(args.map(String), typed)
  if (text.startsWith('Missing') && Array.isArray(args))
    return missing(args as { name: string; description?: string; options?: string[] }[])
  for (const [pattern, say] of PATTERNS) {
    const match = pattern.exec(text)
    if (match) return say(match.slice(1))
  }
  return undefined
}

const PATTERNS: readonly (readonly [RegExp, (parts: string[]) => Sentence])[] = [
  [
    /^Expected (--[\w-]+)=(.*) to be one of: (.+)$/,
    ([flag, given, all]) => oneOf(flag, given, all),
  ],
  [
    /^Expected (.*) to be one of: (.+)$/,
    ([given, all]) => ({ message: `Unknown value "${given}": use ${orList(all.split(', '))}` }),
  ],
  [
    /^Flag (--[\w-]+) expects one of these values: (.+)$/,
    ([flag, all]) => ({
      message: `${flag} needs a value: ${orList(all.split(', '))}`,
    }),
  ],
  [/^Flag (--[\w-]+) expects a value$/, ([flag]) => ({ message: `${flag} needs a value` })],
  [
    /^Flag (--[\w-]+) can only be specified once$/,
    ([flag]) => ({
      message: `${flag} was given twice: give it once`,
    }),
  ],
  [
    /^Parsing (--[\w-]+) Expected an integer but received: (.*)$/,
    ([flag, given]) => ({
      message: `${flag} must be a whole number, not "${given}"`,
    }),
  ],
  [
    /^Parsing (--[\w-]+) Expected an integer greater than or equal to (-?\d+) but received: (.*)$/,
    ([flag, least, given]) => ({ message: `${flag} must be at least ${least}, not ${given}` }),
  ],
  [
    /^Parsing (--[\w-]+) Expected an integer less than or equal to (-?\d+) but received: (.*)$/,
    ([flag, most, given]) => ({ message: `${flag} must be at most ${most}, not ${given}` }),
  ],
  [
    /All of the following must be provided when using (--[\w-]+): (.+)$/,
    ([flag, needed]) => ({
      message: `${flag} needs ${andList(needed.split(', '))}`,
    }),
  ],
  [
    /(--[\w-]+)(?:=.*)? cannot also be provided when using (--[\w-]+)/,
    ([one, other]) => ({
      message: `${one} and ${other} exclude each other: give one of them`,
    }),
  ],
  [/Missing required flag ([\w-]+)/, ([flag]) => ({ message: `--${flag} is required` })],
]

/** The corrected line, to paste. */
function unknownFlag(flags: readonly string[], { known, argv, command }: Typed): Sentence {
  const flag = flags[0].split('=')[0]
  const meant = suggestFlag(flag, known)
  if (meant === undefined) return { message: `Unknown flag ${flag}` }
  const corrected = argv.map((word) =>
    word.split('=')[0] === flag ? word.replace(flag, meant) : word,
  )
  return {
    message: `Unknown flag ${flag}; did you mean ${meant}?`,
    hints: argv.length > 0 ? [aibench(...command.split(' '), ...corrected)] : [],
  }
}

function unexpected(
  [first]: readonly string[],
  { command, takesText, positionals }: Typed,
): Sentence {
  return {
    message: `Unexpected argument "${first}"${takesText ? ': quote a text of several words' : ''}`,
    hints: takesText ? [aibench(...command.split(' '), positionals.join(' '))] : [],
  }
}

function missing([first]: readonly { name: string; description?: string; options?: string[] }[]) {
  const { name, description, options } = first
  const what = options ? orList(options) : description
  return { message: `${name.toUpperCase()} is missing${what ? `: ${what}` : ''}` }
}

function oneOf(flag: string, given: string, all: string): Sentence {
  return { message: `${flag} must be ${orList(all.split(', '))}, not "${given}"` }
}

export function orList(words: readonly string[]): string {
  return joined(words, 'or')
}

function andList(words: readonly string[]): string {
  return joined(words, 'and')
}

function joined(words: readonly string[], last: string): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}
