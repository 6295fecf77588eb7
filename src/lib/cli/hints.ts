import { aibench, isFlags, withFlags } from '../platform/command-line.js'
import { NameNeededError, type AibenchError } from '../platform/errors.js'

/** What was typed, for hints that repeat it with a change. */
export interface Typed {
  /** `state repair`. */
  command: string
  argv: readonly string[]
  /** The flag that names its instance, where that is not its first word: `--name`. */
  nameFlag?: string
  /** By the name of a flag: the letter by which it can be typed too. */
  short?: Readonly<Record<string, string>>
}

/** More than this is no help to choose from. */
const MOST_NAMES = 4

/**
 * The hints of an error as whole commands. Whoever throws may know no more than a flag that would help, `--dtype float16`, or names to choose
 * from; only here it is known what was typed.
 */
export function finishedHints(
  error: AibenchError,
  { command, argv, short, nameFlag }: Typed,
): readonly string[] {
  const words = command.split(' ').filter(Boolean)
  if (words.length === 0) return error.hints
  const isRepeatable = !argv.includes('--help')
  if (error instanceof NameNeededError)
    return error.names.slice(0, MOST_NAMES).map((name) => {
      const named = nameFlag === undefined ? [name, ...argv] : [...argv, nameFlag, name]
      return aibench(...words, ...named)
    })
  return error.hints.map((hint) => {
    const [flags, remark] = hint.split(/ {3}# /)
    if (!isRepeatable || !isFlags(flags)) return hint
    const line = aibench(...words, ...withFlags(without(argv, error.typed), flags, short))
    return remark === undefined ? line : `${line}   # ${remark}`
  })
}

export function lettersOf(
  flags: Readonly<Record<string, { char?: string }>>,
): Record<string, string> {
  const all = Object.entries(flags)
  return Object.fromEntries(all.flatMap(([name, { char }]) => (char ? [[name, char]] : [])))
}

/** `--slo x` and `--slo=x` both go. */
function without(argv: readonly string[], value: string | undefined): readonly string[] {
  if (value === undefined) return argv
  return argv.filter((word, i) => {
    const isFlagOfIt = word.startsWith('-') && argv[i + 1] === value
    return word !== value && !isFlagOfIt && word.replace(/^--[a-z-]+=/, '') !== value
  })
}
