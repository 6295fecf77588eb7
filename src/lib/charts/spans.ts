import type { Plot, Span } from './chart.js'
import { element, escaped, textWidth } from './svg.js'

/** Shaded behind the lines, with a strip above that names them where there is room. */
export function drawSpans(spans: readonly Span[], plot: Plot, x: (at: number) => number): string {
  return spans
    .map(({ from, to, label, tone }) => {
      const [left, right] = [Math.max(plot.left, x(from)), Math.min(plot.right, x(to))]
      if (right <= left) return ''
      const width = right - left
      const shade = { x: left, width, class: `span ${tone}` }
      const name = width > textWidth(label) + 6
      return (
        element('rect', { ...shade, y: plot.top, height: plot.bottom - plot.top }) +
        element('rect', { ...shade, class: `strip ${tone}`, y: plot.top - 6, height: 3 }) +
        (name
          ? element('text', { class: 'phase', x: left + 3, y: plot.top - 10 }, escaped(label))
          : '')
      )
    })
    .join('')
}
