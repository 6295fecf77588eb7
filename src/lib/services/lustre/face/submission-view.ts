import type { CheckedRule, RuleState } from '../../../instrument/filesystem/submission/checklist.js'
import { shellLine } from '../../../platform/command-line.js'
import { formatBytes, formatCount } from '../../../platform/units.js'
import type { Style } from '../../../report/style.js'
import { wrapWords } from '../../../report/wrap.js'
import type { SubmissionReport } from '../submission.js'

const HEADS: Readonly<Record<RuleState, string>> = {
  met: 'Met',
  open: 'To do',
  broken: 'Not kept',
}

/** What is in order first and in short, what is to be done below it, what speaks against it last, where the eye is. */
export function submissionView(report: SubmissionReport, style: Style): string {
  const { path, files, bytes, run, repeat, score, checklist, incomplete, submitTo } = report
  const part = (state: RuleState) => ruleLines(state, checklist, style)
  return [
    path,
    `${formatCount(files)} files, ${formatBytes(bytes)} · ${run}, repeat ${repeat}, score ${score}`,
    ...incomplete.map(({ file, why }) => style.waiting(`not complete: ${file}: ${why}`)),
    ...part('met'),
    ...part('open'),
    ...part('broken'),
    '',
    `fill in: ${shellLine('tar', 'xzf', path, 'system-information.json')}`,
    `submit: ${submitTo}`,
  ].join('\n')
}

function ruleLines(state: RuleState, all: readonly CheckedRule[], style: Style): string[] {
  const rules = all.filter((one) => one.state === state)
  if (rules.length === 0) return []
  const mark = { met: style.good('✓'), open: style.waiting('○'), broken: style.bad('✗') }[state]
  const lines = (text: string, start: string) =>
    wrapWords(text, style.columns - 4).map((line, i) => (i === 0 ? start : '    ') + line)
  return [
    '',
    `${style.strong(HEADS[state])} (${rules.length})`,
    ...rules.flatMap(({ rule, told }) =>
      state === 'met'
        ? lines(`${rule.replace(/\.$/, '')} · ${told}`, `  ${mark} `)
        : [...lines(rule, `  ${mark} `), ...lines(told, '    ').map((line) => style.quiet(line))],
    ),
  ]
}
