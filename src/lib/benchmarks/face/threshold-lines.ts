import type { JudgedThreshold } from '../../instrument/measure/thresholds.js'
import { formatCount, formatLatency, formatNumber } from '../../platform/units.js'
import { flow } from '../../report/flow.js'
import type { Style } from '../../report/style.js'

/**
 * The answer that was asked for: what a benchmark's report begins with. What can't be relied on is marked there too.
 * @param isValid false: the client was the limit, so that no figure is the server's alone
 */
export function thresholdLines(
  thresholds: readonly JudgedThreshold[],
  isValid: boolean,
  style: Style,
): string[] {
  if (thresholds.length === 0) return []
  const isSure = (one: JudgedThreshold) => one.reliable && isValid
  const marks = thresholds.every(isSure) ? 1 : 2
  const width = Math.max(...thresholds.map(({ label }) => label.length))
  const lines = thresholds.flatMap((one) => {
    const { met, label, samples, reliable } = one
    const mark = ((met ? '✓' : '✗') + (isSure(one) ? '' : '?')).padEnd(marks)
    const paint = isSure(one) ? (met ? style.good : style.bad) : style.waiting
    const note = reliable ? '' : style.quiet(`  ? from ${formatCount(samples ?? 0)} samples`)
    return flow([`${thresholdFigure(one)}${note}`], {
      width: style.columns,
      name: `  ${paint(mark)} ${label}`,
      indent: width + marks + 6,
    })
  })
  return [...lines, '']
}

/** `352 ms`, `19.8 ms (concurrency 8)`: as precise as the table below it. */
export function thresholdFigure({ measured, unit, where }: JudgedThreshold): string {
  if (measured === null) return 'not measured'
  const text = unit === 'ms' ? formatLatency(measured) : formatNumber(measured) + unit
  return where === null ? text : `${text} (${where})`
}
