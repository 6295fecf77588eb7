import type { JudgedThreshold } from '../../instrument/measure/thresholds.js'
import type { RunVerdict } from '../../platform/verdicts.js'
import { flow } from '../../report/flow.js'
import type { Style } from '../../report/style.js'
import { thresholdFigure } from './threshold-lines.js'

/**
 * The verdict again, as the last line: on a small terminal the first ones have scrolled away.
 * @param verdict null where an error follows that says it
 * @param figures what a run without thresholds is summed up by
 */
export function verdictLine(
  verdict: RunVerdict | null,
  { thresholds, figures }: { thresholds: readonly JudgedThreshold[]; figures: string },
  style: Style,
): string[] {
  if (verdict === null) return []
  const missed = thresholds.filter(({ met }) => !met)
  const shown = verdict === 'threshold-missed' && missed.length > 0 ? missed : thresholds
  const told = shown.map(
    (one) => `${one.label}: ${thresholdFigure(one)}${one.reliable ? '' : ' ?'}`,
  )
  const mark = verdict === 'ok' ? style.good('✓') : marked(verdict, style)
  const parts = told.length > 0 ? told : [figures]
  return flow([`${mark} ${paint(verdict, style)}`, ...parts], { width: style.columns, indent: 0 })
}

function marked(verdict: RunVerdict, style: Style): string {
  return verdict === 'running' || verdict === 'interrupted' ? style.waiting('…') : style.bad('✗')
}

export function paint(verdict: RunVerdict, style: Style): string {
  if (verdict === 'ok') return style.good(verdict)
  return verdict === 'running' || verdict === 'interrupted'
    ? style.waiting(verdict)
    : style.bad(verdict)
}
