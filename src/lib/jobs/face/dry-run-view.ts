import type { DryRunReport } from '../reports.js'
import { shellLine } from '../../platform/command-line.js'
import { flow } from '../../report/flow.js'
import type { Style } from '../../report/style.js'

export function dryRunView(report: DryRunReport, style: Style): string {
  const row = (name: string, text: string) =>
    flow([text], { width: style.columns, name: `  ${style.quiet(name)}`, indent: 13 }).join('\n')
  const how = report.allocation
    ? `would hand over to ${report.allocation}, whose job then runs:`
    : report.scheduler === 'slurm'
      ? 'would submit (held, then released):'
      : 'would run, detached:'
  return [
    how,
    ...commandLines(report.argv, style),
    row('script', `${report.script} (unmodified)`),
    row('starts', report.description),
    ...(report.command ? [row('runs', shellLine(...report.command))] : []),
    row(
      'job.env',
      `${['AIBENCH_TOKEN', 'AIBENCH_SERVICE', 'AIBENCH_SUBMITTED_AT', ...report.environmentNames].join(', ')} (names only; the file is 0600)`,
    ),
    ...(report.prologue ? prologueLines(report.prologue, row) : []),
    row(
      'costs',
      report.allocation
        ? `nothing more: ${report.allocation} has the nodes`
        : report.scheduler === 'slurm'
          ? `at most ${report.maxNodeHours.toFixed(2)} node-hours`
          : 'nothing (runs here)',
    ),
    'nothing was submitted',
  ].join('\n')
}

/** Where it comes from, and all that it does. */
function prologueLines(
  { path, text }: NonNullable<DryRunReport['prologue']>,
  row: (name: string, text: string) => string,
): string[] {
  return [
    row('prologue', path),
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => row('', line)),
  ]
}

/** Broken at its flags; as it stands it can be pasted. */
function commandLines(argv: readonly string[], { columns }: Style): string[] {
  const parts: string[][] = []
  for (const word of argv)
    if (parts.length === 0 || word.startsWith('-')) parts.push([word])
    else parts.at(-1)!.push(word)
  const lines: string[] = []
  for (const part of parts.map((words) => shellLine(...words))) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + part.length + 3 <= columns)
      lines[lines.length - 1] = `${last} ${part}`
    else lines.push(`${last === undefined ? '  ' : '    '}${part}`)
  }
  return lines.map((line, i) => (i < lines.length - 1 ? `${line} \\` : line))
}
