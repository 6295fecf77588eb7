import type { Style } from './style.js'

/** How much is done: heavy what is, light what is not, so that it needs no colour. */
export function bar(share: number, width: number, style: Style): string {
  const halves = Math.round(Math.min(1, Math.max(0, share)) * width * 2)
  const done = '━'.repeat(halves >> 1) + (halves % 2 === 1 ? '╸' : '')
  return style.good(done) + style.quiet('─'.repeat(width - done.length))
}
