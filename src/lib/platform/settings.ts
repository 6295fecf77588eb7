import { join } from 'node:path'
import * as v from 'valibot'
import type { Environment } from './environment.js'
import { UsageError } from './errors.js'
import { readTextIfThere } from './files.js'

/** The user's settings (`aibench config`), kept by the conf package in `<configDir>/config.json`, 0600. */
export const SETTINGS = {
  scheduler: 'slurm or local; by default Slurm where sbatch is found',
  'slurm.account': 'account that jobs are billed to (-A)',
  'slurm.partition': 'partition (-p)',
  'slurm.qos': 'quality of service (-q)',
  'slurm.time': 'wall time (-t), for example 1h or 02:00:00',
  'slurm.constraint': 'node features (--constraint)',
  'slurm.reservation': 'reservation (--reservation)',
  env: 'variables for every job: NAME or NAME=VALUE, separated by spaces (--env)',
  env_file: 'file of NAME=VALUE lines for every job (--env-file)',
  prologue: 'bash script sourced in every job before its server starts (--prologue)',
  interface: 'interface or network by which nodes reach each other (--interface)',
  'login.tunnel': 'jump host of tunnel commands, for example me@login.example.org:8822',
  'chroma.command': 'the chroma program to run',
  'chroma.image': 'Apptainer image (.sif) with the Chroma server',
  'vllm.command': 'the vllm program to run',
  'vllm.venv': 'Python environment with vLLM',
  'vllm.gpus': 'GPUs per node of every start: 4, a100:4; gpu:a100:4 where the site wants --gres',
  'vllm.cache': 'folder for what vLLM compiles, or off; by default with our own caches',
  'vllm.image': 'Apptainer image (.sif) with vLLM',
  'apptainer.command': 'apptainer or singularity, with its path',
} as const
export type SettingName = keyof typeof SETTINGS

export interface Settings {
  readonly path: string
  get(name: SettingName): string | undefined
  set(name: SettingName, value: string): void
  unset(name: SettingName): void
  all(): Partial<Record<SettingName, string>>
}

/**
 * Reads the settings. By ourselves: the conf package, through what it is built on, hangs itself on the signals of the process, so only
 * the commands that write settings load it.
 * @throws UsageError when the file holds no JSON object
 */
export async function openSettings(environment: Environment): Promise<Settings> {
  const path = join(environment.configDir, 'config.json')
  const all = parseSettings(await readTextIfThere(path), path)
  return {
    path,
    get: (name) => all[name],
    set: () => undefined,
    unset: () => undefined,
    all: () => all,
  }
}

function parseSettings(
  text: string | undefined,
  path: string,
): Partial<Record<SettingName, string>> {
  if (text === undefined || text.trim() === '') return {}
  const file = v.safeParse(SettingsFileSchema, jsonOf(text))
  if (!file.success)
    throw new UsageError('The settings file holds no JSON object: correct it or move it away', {
      code: 'AIB_SETTINGS',
      where: path,
    })
  const texts = Object.entries(file.output).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(texts) as Partial<Record<SettingName, string>>
}

const SettingsFileSchema = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value)),
  v.record(v.string(), v.unknown()),
)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export async function openSettingsForWriting(environment: Environment): Promise<Settings> {
  const { default: Conf } = await import('conf')
  const store = new Conf<Record<string, string>>({
    cwd: environment.configDir,
    projectName: 'aibench',
    projectSuffix: '',
    configFileMode: 0o600,
    accessPropertiesByDotNotation: false,
  })
  return {
    path: store.path,
    get: (name) => store.get(name),
    set: (name, value) => store.set(name, value),
    unset: (name) => store.delete(name),
    all: () => store.store,
  }
}
