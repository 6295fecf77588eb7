import { resolve } from 'node:path'
import type { Ask } from '../../../cli/ask.js'
import type { Context } from '../../../jobs/contract.js'
import type { GivenOf } from '../../../options/set.js'
import { UsageError } from '../../../platform/errors.js'
import { exists, isFolder } from '../../../platform/files.js'
import { io500Options, launchOptions, type io500RunOptions } from '../options.js'
import { LUSTRE } from '../words.js'

type Given = GivenOf<typeof io500RunOptions>

const PRESETS = io500Options.preset.words.choices ?? []

/**
 * What `lustre bench` asks a person for, as it did from the start: the ini file, or a preset, and the number of processes, each with what
 * the last run had.
 */
export async function askForRun(
  { state, environment }: Context,
  given: Given,
  { tasksPerNode }: { tasksPerNode?: number },
  ask: Ask,
): Promise<Given> {
  const asksIni = given.ini === undefined && given.preset === undefined
  const asksProcs = given.procs === undefined && tasksPerNode === undefined
  if (!asksIni && !asksProcs) return given
  const last = Object.values((await state.read()).instances)
    .filter(({ service, options }) => service === LUSTRE.kind && options.task === 'io500')
    .sort((a, b) => b.intendedAt.localeCompare(a.intendedAt))[0]?.options as Given | undefined
  const ini = asksIni
    ? await ask({
        text: `ini file, or preset (${PRESETS.join(', ')})`,
        usual: last?.ini ?? last?.preset ?? 'quick',
        read: (answer) => iniOrPreset(answer, environment),
      })
    : {}
  const procs = asksProcs
    ? await ask({
        text: 'processes in all',
        usual: last?.procs == null ? null : String(last.procs),
        read: (answer) => launchOptions.procs.read(answer, 'The number of processes') ?? undefined,
      })
    : given.procs
  return { ...given, ...ini, procs }
}

async function iniOrPreset(
  answer: string,
  { cwd, variables }: Context['environment'],
): Promise<Pick<Given, 'ini' | 'preset'>> {
  if (PRESETS.includes(answer))
    return { preset: io500Options.preset.read(answer, 'The preset') ?? undefined }
  const path = resolve(cwd, answer.replace(/^~(?=\/)/, variables.HOME ?? '~'))
  if (!(await exists(path)) || (await isFolder(path)))
    throw new UsageError(`There is no ini file ${path}`)
  return { ini: path }
}
