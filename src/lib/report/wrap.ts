import stringWidth from 'fast-string-width'
import { wrapAnsi } from 'fast-wrap-ansi'

/** Columns that a text takes on a terminal: none for colours, two for a wide character. */
export function visibleWidth(text: string): number {
  return stringWidth(text)
}

/** Lines of at most `width` columns, broken between words. A word that is longer (a path, a command's value) stays whole: it is to be copied. */
export function wrapWords(text: string, width: number): string[] {
  return wrapAnsi(text, Math.max(1, width), { hard: false }).split('\n')
}

/** Spaces behind, up to a width. */
export function padVisible(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visibleWidth(text)))
}
