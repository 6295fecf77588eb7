import { basename } from 'node:path'
import { checkIni } from '../../instrument/filesystem/ini/check.js'
import {
  iniText,
  parseIni,
  type Config,
  type IniProblem,
} from '../../instrument/filesystem/ini/ini.js'
import { presetIni } from '../../instrument/filesystem/ini/presets.js'
import { valueIn } from '../../instrument/filesystem/ini/schema.js'
import { aibench } from '../../platform/command-line.js'
import { UsageError } from '../../platform/errors.js'
import { isFolder, readTextIfThere } from '../../platform/files.js'
import type { LustreOptions } from './options.js'
import { optionsOf } from './known-options.js'
import type { Program, SeenProgram } from './program.js'

/** The configuration of a run, as it was given or made, checked against what the program knows. */
export interface RunIni {
  text: string
  /** `config.ini`, `preset quick`. */
  name: string
  preset: string | null
  stonewallSeconds: number
  config: Config
  warnings: string[]
}

/** @throws UsageError with all that the program would stumble over, hours later */
export async function iniOf(
  { ini, preset }: Pick<LustreOptions, 'ini' | 'preset'>,
  { program, look }: SeenProgram,
  { nodes, tasks: procs }: { nodes: number; tasks: number },
): Promise<RunIni> {
  const { schema } = optionsOf({ program, look })
  const chosen = ini === null ? (preset ?? 'quick') : null
  const text = chosen === null ? await readIni(ini!) : presetIni(chosen, schema)
  const parsed = parseIni(text)
  const problems = checkIni(parsed, schema, { apis: look?.apis, nodes, procs })
  const errors = problems.filter(({ severity }) => severity === 'error')
  // What the program does not show can't be known to be wrong.
  if (errors.length > 0 && look) throw refused(ini ?? `preset ${chosen}`, errors, program)
  const seconds = Number(valueIn(parsed.config, schema, 'debug', 'stonewall-time') ?? 300)
  return {
    text: iniText(parsed),
    name: chosen === null ? basename(ini!) : `preset ${chosen}`,
    preset: chosen,
    stonewallSeconds: Number.isFinite(seconds) ? seconds : 300,
    config: parsed.config,
    warnings: problems
      .filter(({ severity }) => severity !== 'invalid' || chosen === null)
      .map(lineOf),
  }
}

async function readIni(path: string): Promise<string> {
  const text = (await isFolder(path)) ? undefined : await readTextIfThere(path)
  if (text !== undefined) return text
  throw new UsageError(`There is no ini file ${path}`, {
    code: 'AIB_NO_INI',
    hints: [aibench('lustre', 'ini', 'new', '-o', 'config.ini'), '--preset quick'],
  })
}

function refused(
  name: string,
  errors: readonly IniProblem[],
  { path, image }: Program,
): UsageError {
  const [first, ...more] = errors
  const asked = image === null ? ['--for', path] : ['--image', image]
  return new UsageError(`io500 would not run with ${name}: ${first.text}`, {
    code: 'AIB_INI',
    where: first.line > 0 ? `line ${first.line}` : undefined,
    evidence: more.length > 0 ? more.slice(0, 4).map(lineOf).join('; ') : undefined,
    hints: [
      ...(name.startsWith('preset ') ? [] : [aibench('lustre', 'ini', 'check', name, ...asked)]),
      ...errors.slice(0, 2).map(({ fix }) => fix),
    ],
  })
}

function lineOf({ line, text }: IniProblem): string {
  return line > 0 ? `line ${line}: ${text}` : text
}
