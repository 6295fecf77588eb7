import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { UsageError } from '../platform/errors.js'
import { readTextIfThere } from '../platform/files.js'
import { localeOf } from '../scheduler/job-environment.js'
import { settledBy, type GivenOf } from '../options/set.js'
import type { Context, Preparation } from './contract.js'
import { jobSettingOptions } from './options.js'

export type JobSettingsRequest = GivenOf<typeof jobSettingOptions>

export interface JobSettings {
  variables: Record<string, string>
  prologue: { path: string; text: string } | null
  /** What we set for the job's script. */
  ours: Record<string, string>
  /** An exporter runs beside it. */
  isWatched: boolean
}

const NAME = /^[A-Za-z_]\w*$/
/** Set by aibench or by Slurm, or the job script's own. */
const OURS =
  /^(AIBENCH|SLURM|SBATCH|BASH)_|^(BASH_ENV|ENV|SHELLOPTS|BASHOPTS|IFS|SECONDS|RANDOM|EUID|UID|PPID)$|^(RUN_DIR|SERVICE_PID|EXIT_CODE|SIGNAL|CAUSE|KILLED|PHASE|STOP_ASKED|HELPERS|SCRATCH|OUTER_TMPDIR|SHARED_MEMORY|GUEST|GUEST_\w+|SURROUNDINGS|T_\w+)$/
/** A prologue that is longer is something else, given by mistake. */
const LONGEST_PROLOGUE = 1024 * 1024

/**
 * Reads what the user adds to the job's environment: the setting, then the file, then the flags; a later one wins.
 * @param reserved what the service's own script sets
 * @throws UsageError for a name that can't be one or is ours, one the shell does not have, or a file that is not there
 */
export async function jobSettings(
  { environment, settings }: Pick<Context, 'environment' | 'settings'>,
  asked: JobSettingsRequest,
  reserved?: RegExp,
): Promise<JobSettings> {
  const { variables: shell, cwd } = environment
  const {
    envFile: file,
    prologue,
    interface: net,
    noMonitors = false,
  } = {
    ...settledBy(jobSettingOptions, settings),
    ...asked,
  }
  const words = [
    ...(settings.get('env')?.split(/\s+/).filter(Boolean) ?? []).map(
      (word) => [word, 'env'] as const,
    ),
    ...(file === undefined
      ? []
      : (await linesOf(resolve(cwd, file))).map((word) => [word, file] as const)),
    ...(asked.env ?? []).map((word) => [word, '--env'] as const),
  ]
  const variables: Record<string, string> = {}
  for (const [word, from] of words) {
    const [name, value] = variableOf(word, from, shell, reserved)
    variables[name] = value
  }
  return {
    variables,
    prologue: prologue === undefined ? null : await readPrologue(resolve(cwd, prologue)),
    ours: net === undefined ? {} : { AIBENCH_INTERFACE: net },
    isWatched: !noMonitors,
  }
}

/** What the run directory gets of them: what the user says stands over what we would have chosen. */
export function jobFilesOf(
  { environment }: Pick<Context, 'environment'>,
  {
    environment: ours,
    prologue: after,
    provenance,
  }: Pick<Preparation, 'environment' | 'prologue' | 'provenance'>,
  { variables, prologue, ours: added }: JobSettings,
) {
  return {
    environment: { ...localeOf(environment), ...added, ...ours, ...variables },
    prologue: [prologue?.text, after].filter(Boolean).join('\n') || null,
    provenance: {
      ...provenance,
      settings: {
        ...(provenance.settings as Record<string, string> | undefined),
        ...hashesOf(variables),
      },
      ...(prologue ? { prologue: prologue.path } : {}),
    },
  }
}

/** What goes on record of values: enough to see whether two runs had the same, and no secret. */
export function hashesOf(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, value]) => [name, `sha256:${hashOf(value)}`]),
  )
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function variableOf(
  word: string,
  from: string,
  shell: Readonly<Record<string, string | undefined>>,
  reserved: RegExp | undefined,
): [name: string, value: string] {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  if (!NAME.test(name))
    throw new UsageError(`${from}: "${name}" is not a variable name`, {
      typed: word,
      hints: ['--env NAME=VALUE', '--env NAME   # with the value it has in this shell'],
    })
  if (OURS.test(name) || reserved?.test(name))
    throw new UsageError(`${from}: aibench or Slurm sets ${name} itself`)
  const value = equals < 0 ? shell[name] : word.slice(equals + 1)
  if (value === undefined)
    throw new UsageError(`${from}: ${name} is not set in this shell`, {
      hints: [`export ${name}=VALUE`, `--env ${name}=VALUE`],
    })
  return [name, value]
}

/** `NAME=VALUE` a line, as it is; blank lines, `#` comments and a leading `export` are passed over. */
async function linesOf(path: string): Promise<string[]> {
  const text = await readTextIfThere(path)
  if (text === undefined) throw new UsageError(`There is no environment file ${path}`)
  return text
    .split(/\r?\n/)
    .map((line) => line.trimStart().replace(/^export\s+/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
}

async function readPrologue(path: string): Promise<{ path: string; text: string }> {
  const text = await readTextIfThere(path)
  if (text === undefined) throw new UsageError(`There is no prologue ${path}`)
  if (text.length > LONGEST_PROLOGUE || text.includes('\0'))
    throw new UsageError(`The prologue ${path} is not a shell script`)
  if (text.includes('\r\n'))
    throw new UsageError(`The prologue ${path} has DOS line ends`, {
      hints: [`sed -i 's/\\r$//' ${path}`],
    })
  return { path, text }
}
