/**
 * Text of others (servers, Slurm, logs, files) on its way to a terminal. An escape sequence in it could move the cursor, rename the window,
 * turn text round or forge a line of ours, so nothing of it arrives as more than characters to read.
 */

/** Whole sequences that only dress text up (colours, window titles) go without a trace; both patterns end at the next ESC: linear time. */

const DRESSING = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)/g
/** C0 but tab and line feed, DEL, C1, bidirectional marks and overrides, line and paragraph separators. */
const BIDI_AND_SEPARATORS = '\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069'
const CONTROLS = new RegExp(`[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f${BIDI_AND_SEPARATORS}]`, 'g')
const NOT_ESCAPED_BY_JSON = new RegExp(`[\\x7f-\\x9f${BIDI_AND_SEPARATORS}]`, 'g')

/** Several lines may stay several; a carriage return (a progress bar's) begins a new one. */
export function printable(text: string): string {
  return text
    .replace(DRESSING, '')
    .replace(/\r+(?=\n|$)/g, '')
    .replaceAll('\r', '\n')
    .replace(CONTROLS, visible)
}

/** For places of one line: a cell, a step, a field of an error. */
export function oneLine(text: string): string {
  return text
    .replace(DRESSING, '')
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(CONTROLS, visible)
}

/** JSON as text that is as safe to `cat` as it is to parse: JSON itself escapes C0 only. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(NOT_ESCAPED_BY_JSON, escaped)
}

/** C0 as `cat -v` shows it, `^[`; all else by its number. */
function visible(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return '^' + String.fromCharCode(code + 0x40)
  return code === 0x7f ? '^?' : escaped(character)
}

function escaped(character: string): string {
  return '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0')
}
