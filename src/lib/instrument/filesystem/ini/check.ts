import { nearest } from '../../../platform/nearest.js'
import type { IniOption, IniProblem, ParsedIni } from './ini.js'
import { releasesWith } from './releases.js'
import { brokenRules } from './rules.js'
import type { IniSchema } from './schema.js'
import { checkValue, type IniFacts } from './values.js'

/** All that is wrong with a configuration for one io500, in the order of the file; what concerns no line first. */
export function checkIni(ini: ParsedIni, schema: IniSchema, facts: IniFacts = {}): IniProblem[] {
  const each = [
    ...ini.problems,
    ...unknownSections(ini, schema),
    ...ini.options.flatMap((option) => checkOption(option, schema, facts)),
  ]
  // What is no value is in no relation to others.
  const bad = new Set(each.map(({ line, severity }) => (severity === 'error' ? line : 0)))
  const rules = brokenRules({ ini, schema, facts }).filter(
    ({ line }) => line === 0 || !bad.has(line),
  )
  return [...each, ...rules].sort((a, b) => a.line - b.line)
}

function unknownSections({ lines }: ParsedIni, { sections, release }: IniSchema): IniProblem[] {
  const names = [...sections.values()].map(({ name }) => name)
  return lines.flatMap((one, index): IniProblem[] => {
    if (one.kind !== 'section' || sections.has(one.section.toLowerCase())) return []
    const had = releasesWith(one.section)
    const close = nearest(one.section, names)
    return [
      {
        line: index + 1,
        code: 'unknown-section',
        severity: 'error',
        section: one.section,
        option: null,
        text: `there is no section [${one.section}] in ${release}${had === undefined ? '' : `; ${had} had it`}`,
        fix: fixFor(close && `[${close}]`, had, 'take the section out'),
      },
    ]
  })
}

function checkOption(option: IniOption, schema: IniSchema, facts: IniFacts): IniProblem[] {
  const section = schema.sections.get(option.section.toLowerCase())
  if (section === undefined) return []
  const known = section.options.get(option.name.toLowerCase())
  if (known !== undefined) {
    const problem = checkValue(option, known, facts)
    return problem ? [problem] : []
  }
  return [unknownOption(option, section, schema)]
}

function unknownOption(
  { section, name, line }: IniOption,
  { options }: { options: ReadonlyMap<string, { name: string }> },
  { sections, release }: IniSchema,
): IniProblem {
  const had = releasesWith(section, name)
  const close = nearest(
    name,
    [...options.values()].map((one) => one.name),
  )
  const elsewhere = [...sections.values()].filter((one) => one.options.has(name.toLowerCase()))
  const place = elsewhere.length === 0 ? undefined : `move it to ${headings(elsewhere)}`
  return {
    line,
    code: 'unknown-option',
    severity: 'error',
    section,
    option: name,
    text: `there is no option "${name}" in [${section}] of ${release}${had === undefined ? '' : `; ${had} had it`}`,
    fix: had === undefined && place !== undefined ? place : fixFor(close, had, 'take the line out'),
  }
}

/** What a release had is spelled right. */
function fixFor(close: string | undefined, had: string | undefined, out: string): string {
  if (had !== undefined) return `${out}, or use an io500 that has it`
  return close === undefined ? out : `did you mean ${close}?`
}

function headings(sections: readonly { name: string }[]): string {
  const names = sections.map(({ name }) => `[${name}]`)
  return names.length > 2 ? `${names.slice(0, 2).join(', ')} …` : names.join(' or ')
}
