import { resolve } from 'node:path'
import { checkIni } from '../../instrument/filesystem/ini/check.js'
import {
  iniText,
  parseIni,
  withValues,
  type IniProblem,
  type NewValue,
  type ParsedIni,
} from '../../instrument/filesystem/ini/ini.js'
import { presetIni, type Preset } from '../../instrument/filesystem/ini/presets.js'
import { effectiveValues, valueIn, type IniSchema } from '../../instrument/filesystem/ini/schema.js'
import type { Context } from '../../jobs/contract.js'
import { cannotWrite } from '../../platform/cannot-write.js'
import { aibench } from '../../platform/command-line.js'
import { isErrno, UsageError } from '../../platform/errors.js'
import { exists, readTextIfThere, writeAtomically } from '../../platform/files.js'
import { nearest } from '../../platform/nearest.js'
import { knownOptions, type KnownOptions } from './known-options.js'
import type { ProgramChoice } from './program.js'

/** Which options a file was looked at with. */
export interface Against {
  release: string
  /** The program whose options they are; null when they are those that aibench knows of a release. */
  program: string | null
}

export interface IniCheckReport extends Against {
  file: string
  /** io500 takes it, and does what it says. */
  isUsable: boolean
  /** Its result can be a valid one. */
  canCount: boolean
  stonewallSeconds: number | null
  problems: readonly (IniProblem & { place: string })[]
}

export interface IniShowReport extends Against {
  file: string
  /** Those that are not as io500 has them, or all. */
  values: ReturnType<typeof effectiveValues>
  changed: number
  known: number
  errors: number
}

export interface IniNewReport extends Against {
  file: string
  preset: Preset
  /** What was asked for beside the preset. */
  values: readonly { section: string; name: string; value: string }[]
  /** What makes its results invalid, or may not be meant. */
  problems: readonly (IniProblem & { place: string })[]
}

/** @throws UsageError when there is no such file */
export async function checkIniFile(
  context: Context,
  file: string,
  program: Partial<ProgramChoice>,
): Promise<IniCheckReport> {
  const ini = parseIni(await readIni(context, file))
  const known = await knownOptions(context, program)
  return checked(file, ini, known)
}

/** @throws UsageError when there is no such file */
export async function showIniFile(
  context: Context,
  file: string,
  { all, ...program }: Partial<ProgramChoice> & { all: boolean },
): Promise<IniShowReport> {
  const ini = parseIni(await readIni(context, file))
  const known = await knownOptions(context, program)
  const values = effectiveValues(ini.config, known.schema)
  const changed = values.filter((one) => !isSame(one.value, one.default))
  const { problems } = checked(file, ini, known)
  return {
    ...against(known),
    file,
    values: all ? values : changed,
    changed: changed.length,
    known: values.length,
    errors: problems.filter(({ severity }) => severity === 'error').length,
  }
}

export interface NewIni {
  preset: Preset
  output: string
  force: boolean
  program: Partial<ProgramChoice>
  /** `ior-easy.transferSize=16m` */
  words: readonly string[]
}

/** @throws UsageError when the file is there already, or when a value is none for this io500 */
export async function makeIniFile(
  context: Context,
  { preset, output, force, program, words }: NewIni,
): Promise<IniNewReport> {
  const path = resolve(context.environment.cwd, output)
  if (!force && (await exists(path)))
    throw new UsageError(`${output} is there already`, {
      code: 'AIB_FILE_EXISTS',
      hints: ['--force', 'or choose another name with -o'],
    })
  const known = await knownOptions(context, program)
  const values = words.map((word) => readWord(word, known.schema))
  const ini = withValues(parseIni(presetIni(preset, known.schema)), values)
  const { problems, isUsable } = checked(output, ini, known)
  if (!isUsable) throw unusable(problems)
  await writeAtomically(path, iniText(ini), 0o644).catch((error: unknown) => {
    throw cannotWrite(path, error)
  })
  return { ...against(known), file: output, preset, values, problems }
}

function checked(file: string, ini: ParsedIni, known: KnownOptions): IniCheckReport {
  const problems = checkIni(ini, known.schema, { apis: known.apis }).map((problem) => ({
    ...problem,
    place: problem.line === 0 ? file : `${file}:${problem.line}`,
  }))
  const has = (severity: IniProblem['severity']) =>
    problems.some((problem) => problem.severity === severity)
  const seconds = Number(valueIn(ini.config, known.schema, 'debug', 'stonewall-time'))
  return {
    ...against(known),
    file,
    isUsable: !has('error'),
    canCount: !has('error') && !has('invalid'),
    stonewallSeconds: Number.isInteger(seconds) ? seconds : null,
    problems,
  }
}

function against({ schema, program }: KnownOptions): Against {
  return { release: schema.release, program }
}

/** Larger than any ini; a result or a log that was given by mistake is told by its lines. */
const LARGEST_INI = 1024 * 1024

async function readIni({ environment }: Context, file: string): Promise<string> {
  const path = resolve(environment.cwd, file)
  const text = await readTextIfThere(path, LARGEST_INI).catch((error: unknown) => {
    if (!isErrno(error, 'EISDIR', 'EACCES')) throw error
    throw new UsageError(
      error.code === 'EISDIR' ? `${file} is a directory` : `${file} can't be read`,
      { typed: file, hints: [`ls -ld ${path}`] },
    )
  })
  if (text !== undefined) return text
  throw new UsageError(`There is no file ${file}`, {
    typed: file,
    hints: [aibench('lustre', 'ini', 'new', '-o', file)],
  })
}

function readWord(word: string, { sections, release }: IniSchema): NewValue {
  const [, typedSection, typedName, value] = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(word) ?? []
  if (typedSection === undefined)
    throw new UsageError(`"${word}" is not SECTION.OPTION=VALUE`, {
      typed: word,
      hints: [aibench('lustre', 'ini', 'new', 'ior-easy.transferSize=16m')],
    })
  const section = sections.get(typedSection.toLowerCase())
  const option = section?.options.get(typedName.toLowerCase())
  if (section && option) return { section: section.name, name: option.name, value: value.trim() }
  const all = [...sections.values()].flatMap((one) =>
    [...one.options.values()].map(({ name }) => `${one.name}.${name}`),
  )
  const close = nearest(`${typedSection}.${typedName}`, all)
  throw new UsageError(`There is no option ${typedSection}.${typedName} in ${release}`, {
    code: 'AIB_INI',
    typed: word,
    hints: close === undefined ? [] : [aibench('lustre', 'ini', 'new', `${close}=${value}`)],
  })
}

function unusable(problems: readonly IniProblem[]): UsageError {
  const errors = problems.filter(({ severity }) => severity === 'error')
  return new UsageError(errors[0].text, {
    code: 'AIB_INI',
    hints: errors.map(({ fix }) => fix),
    data: { problems },
  })
}

function isSame(a: string | null, b: string | null): boolean {
  return a?.toLowerCase() === b?.toLowerCase()
}
