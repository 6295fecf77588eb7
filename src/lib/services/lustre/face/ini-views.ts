import type { IniProblem } from '../../../instrument/filesystem/ini/ini.js'
import { PRESET_WORDS } from '../../../instrument/filesystem/ini/presets.js'
import { aibench } from '../../../platform/command-line.js'
import type { Style } from '../../../report/style.js'
import { wrapWords } from '../../../report/wrap.js'
import type { Against, IniCheckReport, IniNewReport, IniShowReport } from '../ini.js'

type Placed = IniProblem & { place: string }

/** What is wrong first, each with its place and what to write instead; the answer last, where the eye is. */
export function iniCheckView(report: IniCheckReport, style: Style): string {
  return [...problemLines(report.problems, style), ...answer(report, style)].join('\n')
}

function answer(report: IniCheckReport, style: Style): string[] {
  const { file, isUsable, canCount, stonewallSeconds } = report
  if (!isUsable) return []
  const time = stonewallSeconds === null ? '' : `, ${stonewallSeconds} s for each phase that writes`
  const counts = canCount ? '' : '; its results can’t count'
  return wrapped(
    `${style.good('✓')} `,
    `${file} is right for ${sourceOf(report)}${time}${counts}`,
    style,
  )
}

export function sourceOf({ release, program }: Against): string {
  return program === null ? release : `${release} (${program})`
}

function problemLines(problems: readonly Placed[], style: Style): string[] {
  return problems.flatMap(({ severity, place, text, fix }) => [
    ...wrapped(
      `${severity === 'error' ? style.bad('✗') : style.waiting('!')} `,
      `${place}  ${text}`,
      style,
    ),
    ...wrapped('    ', fix, style).map((line) => style.quiet(line)),
  ])
}

/** The first line begins with a mark, those below are set in as far. */
function wrapped(start: string, text: string, { columns }: Style): string[] {
  const indent = start.trim() === '' ? start : '  '
  return wrapWords(text, columns - indent.length).map(
    (line, i) => (i === 0 ? start : indent) + line,
  )
}

/** As an ini file has it, so that it can be copied into one; what was changed says from what. */
export function iniShowView(report: IniShowReport, style: Style): string {
  const { file, values, changed, known, errors } = report
  const head = `${file} changes ${changed} of the ${known} options of ${sourceOf(report)}`
  const sections = [...new Set(values.map(({ section }) => section))]
  const count = errors === 1 ? 'an error' : `${errors} errors`
  return [
    ...wrapped('', head, style),
    ...sections.flatMap((section) => [
      `[${section}]`,
      ...values.filter((one) => one.section === section).map((one) => valueLine(one, style)),
    ]),
    ...(errors > 0
      ? [`${style.bad('✗')} it has ${count}: ${aibench('lustre', 'ini', 'check', file)}`]
      : []),
  ].join('\n')
}

function valueLine(one: IniShowReport['values'][number], style: Style): string {
  const { name, value, default: usual } = one
  const line = `${name} = ${value ?? ''}`.trimEnd()
  const isChanged = value?.toLowerCase() !== usual?.toLowerCase()
  return isChanged ? `${line}  ${style.quiet(`# default ${usual ?? 'unset'}`)}` : line
}

export function iniNewView(report: IniNewReport, style: Style): string {
  const { file, preset, values, problems } = report
  return [
    ...wrapped(`${style.good('✓')} `, `${file} · preset ${preset}: ${PRESET_WORDS[preset]}`, style),
    ...values.flatMap(({ section, name, value }) =>
      wrapped('  ', `${section}.${name} = ${value}`, style),
    ),
    ...wrapped('  ', `for ${sourceOf(report)}`, style).map((line) => style.quiet(line)),
    ...problemLines(
      problems.filter(({ code }) => code !== 'stonewall-time'),
      style,
    ),
    `next: ${aibench('lustre', 'io500', '--ini', file)}`,
  ].join('\n')
}
