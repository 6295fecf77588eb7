import type { JudgedThreshold } from '../bench/thresholds.js'
import { formatNumber } from '../platform/units.js'
import type { Style } from './style.js'

/** The answer that was asked for: what a benchmark's report begins with. */
export function thresholdLines(thresholds: readonly JudgedThreshold[], style: Style): string[] {
  if (thresholds.length === 0) return []
  const width = Math.max(...thresholds.map(({ label }) => label.length))
  const lines = thresholds.map(({ met, label, measured, unit }) => {
    const figure = measured === null ? 'not measured' : figureText(measured, unit)
    return `  ${met ? style.good('✓') : style.bad('✗')} ${label.padEnd(width)}   ${figure}`
  })
  return [...lines, '']
}

function figureText(value: number, unit: string): string {
  const text = formatNumber(value, 4)
  return unit === '' ? text : unit === '/s' ? `${text}/s` : `${text} ${unit}`
}
