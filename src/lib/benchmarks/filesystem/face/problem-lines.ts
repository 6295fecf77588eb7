import type { ResultProblem } from '../../../instrument/filesystem/result.js'
import { flow } from '../../../report/flow.js'
import type { Style } from '../../../report/style.js'

/** Each problem as a sentence, and under it what to change. Worst first, as they are given. */
export function problemLines(problems: readonly ResultProblem[], style: Style): string[] {
  return problems.flatMap(({ severity, phase, text, fix }) => {
    const about = phase !== null && !text.includes(phase) ? `${phase}: ${text}` : text
    return [
      ...flow([about], { width: style.columns, name: `  ${mark(severity, style)}`, indent: 4 }),
      ...flow([fix && style.quiet(fix)], { width: style.columns, indent: 4 }),
    ]
  })
}

function mark(severity: ResultProblem['severity'], style: Style): string {
  if (severity === 'invalid') return style.bad('✗')
  return severity === 'note' ? style.quiet('·') : style.waiting('!')
}
