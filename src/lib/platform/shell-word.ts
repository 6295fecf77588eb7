const PLAIN = /^[\w@%+=:,./-]+$/

/** As a POSIX shell reads it back as this one word. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
