/**
 * Command lines that a person is to paste: in hints, after "next:" and "again:". Made here, so that a name with a blank in it or a path of
 * somebody's arrives as one word, whatever it holds.
 */

type Words = readonly (string | null | undefined | false)[]

/** One word for a POSIX shell (also right for fish): as it is where nothing in it means anything to a shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

export function shellLine(...words: Words): string {
  return words
    .filter((word) => typeof word === 'string')
    .map(quote)
    .join(' ')
}

/** `aibench …`, each word quoted where it must be; words that are null, undefined or false are left out. */
export function aibench(...words: Words): string {
  return shellLine('aibench', ...words)
}

/** `aibench SERVICE stop llama8b`: what can be asked of an instance. */
export function commandOn(
  { service, name }: { service: string; name: string },
  verb: string,
  ...words: Words
): string {
  return aibench(service, verb, name, ...words)
}

/** A command and a few words about it, which a shell passes over when the line is pasted as a whole. */
export function withRemark(command: string, remark: string): string {
  return `${command}   # ${remark}`
}

/** Given again they add up; all other flags replace what was given before. */
const REPEATABLE = /^--(env|slo|fault|[a-z]+-arg)$/

/**
 * The words of a command with other flags: `withFlags(['--nodes', '4'], '--nodes 2')`. A fragment is one or more flags, each with a value or none.
 * @param short the letters by which flags can be typed too: `{ output: 'o' }`
 */
export function withFlags(
  words: readonly string[],
  fragment: string,
  short: Readonly<Record<string, string>> = {},
): string[] {
  const added = fragment.split(' ').filter(Boolean)
  const replaced = added
    .filter((word) => word.startsWith('--'))
    .map((word) => word.split('=')[0])
    .filter((flag) => !REPEATABLE.test(flag))
  const letters = replaced.flatMap((flag) => short[flag.slice(2)] ?? [])
  const isReplaced = (word: string) =>
    replaced.includes(word.split('=')[0]) || letters.some((letter) => word.startsWith(`-${letter}`))
  const takesNext = (word: string) =>
    replaced.includes(word) || letters.some((letter) => word === `-${letter}`)
  const kept = words.filter((word, i) => {
    const isValue = i > 0 && takesNext(words[i - 1]) && !word.startsWith('-')
    return !isReplaced(word) && !isValue
  })
  return [...kept, ...added]
}

/** Flags alone, each with one value or none and nothing quoted, as {@link withFlags} takes them: not a sentence that begins with a flag’s name. */
export function isFlags(text: string): boolean {
  return /^--[a-z][\w-]*(=[^\s'"]+| [^-\s'"][^\s'"]*)?( --[a-z][\w-]*(=[^\s'"]+| [^-\s'"][^\s'"]*)?)*$/.test(
    text,
  )
}

/** Programs that hints name besides ours. */
const PROGRAMS = [
  ...['aibench', 'apptainer', 'apt', 'chmod', 'curl', 'df', 'export', 'hf', 'ls', 'man', 'mkdir'],
  ...['module', 'nvidia-smi', 'npm', 'python3', 'quota', 'rm', 'sacctmgr', 'scontrol', 'sed'],
  ...['sinfo', 'squeue', 'ssh', 'stat', 'unset', 'id', 'lsof', 'ss', 'kill', 'cat'],
]

/** A line that can be pasted, not a sentence or a list of names. */
export function isCommand(hint: string): boolean {
  const [first = '', second = ''] = hint.split(' ')
  if (/^[A-Z_]+=\S/.test(first)) return isCommand(hint.slice(first.length + 1))
  if (first === 'man' || first === 'id') return second !== '' && !/^[a-z]+ed$/.test(second)
  if (/^[\w-]+( [\w-]+)* --help$/.test(hint)) return true
  return PROGRAMS.includes(first) || /^(~|\.{0,2})\/\S+$/.test(first)
}
