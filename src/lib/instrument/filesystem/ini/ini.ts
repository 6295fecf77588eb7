/**
 * The ini files of io500 as text, line by line, so that a file that is changed keeps its comments and its order. What is accepted is what
 * io500's own parser accepts, and every other line is a problem with its place. Source: IO500/io500, src/ini-parse.c, sc20 to 2026-07.
 */

/** Section → option → value. Names in lower case: io500 does not tell cases apart. An option without a value is not in it: its default counts. */
export type Config = ReadonlyMap<string, ReadonlyMap<string, string>>

export type Severity =
  /** io500 refuses the file, dies on the way, or would take a value for another one */
  | 'error'
  /** it runs, and the result can't be a valid one */
  | 'invalid'
  /** it runs, and does most likely not do what was meant */
  | 'doubt'

export interface IniProblem {
  /** From 1; 0 is the file as a whole. */
  line: number
  code: string
  severity: Severity
  section: string | null
  option: string | null
  text: string
  fix: string
}

/** An option as it is written. */
export interface IniOption {
  section: string
  name: string
  value: string
  line: number
  /** What follows the value behind a blank and # or ;. */
  comment: string | null
}

export type IniLine =
  | { kind: 'section'; text: string; section: string }
  | { kind: 'option'; text: string; option: IniOption }
  /** Blank, a comment, or what is no line of an ini file. */
  | { kind: 'other'; text: string }

export interface ParsedIni {
  lines: readonly IniLine[]
  /** Those with a value, in the order of the file; of two with the same name the last one counts. */
  options: readonly IniOption[]
  config: Config
  problems: readonly IniProblem[]
}

const BLANK = '[ \\t\\v\\f\\r]'
const SECTION = new RegExp(
  `^${BLANK}*\\[${BLANK}*([\\w-]+)${BLANK}*\\]${BLANK}*(?:${BLANK}[#;].*)?$`,
  's',
)
const OPTION = new RegExp(`^${BLANK}*([\\w.-]+)${BLANK}*=(.*)$`, 's')
const NOTHING = new RegExp(`^${BLANK}*(?:[#;].*)?$`, 's')
const BYTE_ORDER_MARK = '\uFEFF'

/** Never throws: what can't be read is among the problems. */
export function parseIni(text: string): ParsedIni {
  const problems: IniProblem[] = []
  const lines: IniLine[] = []
  let section = ''
  const body = withoutMark(text, problems)
  for (const [index, line] of body.split('\n').entries()) {
    const found = readLine(line.replace(/\r$/, ''), section, index + 1)
    if ('code' in found) {
      problems.push(found)
      lines.push({ kind: 'other', text: line.replace(/\r$/, '') })
      continue
    }
    if (found.kind === 'section') ({ section } = found)
    lines.push(found)
  }
  const options = lines.flatMap((line) =>
    line.kind === 'option' && line.option.value !== '' ? [line.option] : [],
  )
  return {
    lines,
    options,
    config: configOf(options),
    problems: [...problems, ...repeated(options)],
  }
}

/** The text again; line ends are LF. */
export function iniText({ lines }: Pick<ParsedIni, 'lines'>): string {
  return lines.map(({ text }) => text).join('\n')
}

export function configOf(
  options: readonly Pick<IniOption, 'section' | 'name' | 'value'>[],
): Config {
  const config = new Map<string, Map<string, string>>()
  for (const { section, name, value } of options) {
    const key = section.toLowerCase()
    if (!config.has(key)) config.set(key, new Map())
    config.get(key)!.set(name.toLowerCase(), value)
  }
  return config
}

export interface NewValue {
  section: string
  name: string
  value: string
  /** Lines above it, where it is not in the file yet. */
  comment?: readonly string[]
}

/** With other values: in the place where the option stands, else at the end of its section, else in a section at the end. */
export function withValues(ini: ParsedIni, values: readonly NewValue[]): ParsedIni {
  return values.reduce(
    (changed, value) => parseIni(iniText({ lines: withValue(changed.lines, value) })),
    ini,
  )
}

function withValue(lines: readonly IniLine[], wanted: NewValue): IniLine[] {
  const { section, name, value, comment = [] } = wanted
  const at = lines.findLastIndex((line) => isOption(line, wanted))
  if (at >= 0) {
    const { option } = lines[at] as IniLine & { kind: 'option' }
    const kept = `${option.name} = ${value} ${option.comment ?? ''}`.trimEnd()
    return lines.flatMap((line, index) => {
      if (index === at) return [other(kept)]
      return isOption(line, wanted) ? [] : [line]
    })
  }
  const added = [...comment.map((one) => `# ${one}`), `${name} = ${value}`.trimEnd()].map(other)
  const own = lines.findLastIndex(
    (line) =>
      (line.kind === 'section' && isSame(line.section, section)) ||
      (line.kind === 'option' && isSame(line.option.section, section)),
  )
  if (own >= 0) return [...lines.slice(0, own + 1), ...added, ...lines.slice(own + 1)]
  const before = lines.slice(0, lines.findLastIndex(({ text }) => text.trim() !== '') + 1)
  const gap = before.length > 0 ? [other('')] : []
  const heading: IniLine = { kind: 'section', text: `[${section}]`, section }
  return [...before, ...gap, heading, ...added, other('')]
}

function isOption(line: IniLine, { section, name }: NewValue): boolean {
  return (
    line.kind === 'option' && isSame(line.option.section, section) && isSame(line.option.name, name)
  )
}

function other(text: string): IniLine {
  return { kind: 'other', text }
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function readLine(text: string, section: string, line: number): IniLine | IniProblem {
  const [, name] = SECTION.exec(text) ?? []
  if (name !== undefined) return { kind: 'section', text, section: name }
  const [, option, rest] = OPTION.exec(text) ?? []
  if (option !== undefined && !NOTHING.test(text))
    return readOption(text, option, rest, section, line)
  if (NOTHING.test(text)) return { kind: 'other', text }
  return noLine(text, section, line)
}

/** A comment begins with # or ; behind a blank; one inside a value makes io500 refuse the line. */
function readOption(
  text: string,
  name: string,
  rest: string,
  section: string,
  line: number,
): IniLine | IniProblem {
  const mark = rest.search(/[#;]/)
  const isInside = mark >= 0 && !/[ \t\v\f\r]/.test(rest[mark - 1] ?? '')
  const place = { line, section: section || null, option: name }
  if (isInside)
    return {
      ...place,
      code: 'mark-in-value',
      severity: 'error',
      text: `io500 takes no "${rest[mark]}" inside a value`,
      fix: `use a value without "${rest[mark]}", or put a blank before it to begin a comment`,
    }
  const value = (mark < 0 ? rest : rest.slice(0, mark))
    .replace(/^[ \t\v\f\r]+/, '')
    .replace(/[ \t\r]+$/, '')
  if (section === '' && value !== '')
    return {
      ...place,
      code: 'no-section',
      severity: 'error',
      text: `"${name}" stands before the first section`,
      fix: 'write a line such as [global] above it',
    }
  const comment = mark < 0 ? null : rest.slice(mark)
  return { kind: 'option', text, option: { section, name, value, line, comment } }
}

function noLine(text: string, section: string, line: number): IniProblem {
  const shown = text.trim().slice(0, 40)
  const isHeading = shown.startsWith('[')
  return {
    line,
    code: isHeading ? 'bad-section-line' : 'bad-line',
    severity: 'error',
    section: section || null,
    option: null,
    text: `io500 understands no line such as "${shown}"`,
    fix: isHeading
      ? 'a section is [name], with letters, digits, - and _ in it'
      : 'a line is NAME = VALUE, a [section], or a comment that begins with #',
  }
}

function withoutMark(text: string, problems: IniProblem[]): string {
  const whole = { severity: 'error' as const, section: null, option: null }
  if (text.startsWith(BYTE_ORDER_MARK)) {
    problems.push({
      ...whole,
      line: 1,
      code: 'byte-order-mark',
      text: 'the file begins with a byte-order mark, which io500 takes for content',
      fix: 'save it as UTF-8 without BOM',
    })
    return text.slice(1)
  }
  if (text === '')
    problems.push({
      ...whole,
      line: 0,
      code: 'empty-file',
      text: 'the file is empty: io500 crashes on it',
      fix: 'write a line such as [global]',
    })
  const zero = text.indexOf('\0')
  if (zero < 0) return text
  problems.push({
    ...whole,
    line: text.slice(0, zero).split('\n').length,
    code: 'not-text',
    text: 'a zero byte: this is no text file, and io500 reads no further than that',
    fix: 'give the ini file',
  })
  return text.slice(0, zero)
}

function repeated(options: readonly IniOption[]): IniProblem[] {
  const seen = new Map<string, IniOption>()
  return options.flatMap((option): IniProblem[] => {
    const key = `${option.section}\n${option.name}`.toLowerCase()
    const first = seen.get(key)
    seen.set(key, option)
    if (first === undefined) return []
    return [
      {
        line: option.line,
        code: 'repeated',
        severity: 'doubt',
        section: option.section,
        option: option.name,
        text: `"${option.name}" was set to "${first.value}" in line ${first.line} already; the last one counts`,
        fix: 'leave one of them out',
      },
    ]
  })
}
