/**
 * Command lines that a person is to paste: in hints, after "next:" and "again:". Made here, so that a name with a blank in it or a path of
 * somebody's arrives as one word, whatever it holds.
 */

/** One word for a POSIX shell (also right for fish): as it is where nothing in it means anything to a shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** `aibench …`, each word quoted where it must be; words that are null, undefined or false are left out. */
export function aibench(...words: readonly (string | null | undefined | false)[]): string {
  return shellLine('aibench', ...words)
}

export function shellLine(...words: readonly (string | null | undefined | false)[]): string {
  return words
    .filter((word) => typeof word === 'string')
    .map(quote)
    .join(' ')
}

/** A command and a few words about it, which a shell passes over when the line is pasted as a whole. */
export function withRemark(command: string, remark: string): string {
  return `${command}   # ${remark}`
}
