import type { Environment } from './environment.js'

/** The user's settings (`aibench config`), kept by the conf package in `<configDir>/config.json`, 0600. */
export const SETTINGS = {
  scheduler: 'slurm or local; by default Slurm where sbatch is found',
  'slurm.account': 'account that jobs are billed to (-A)',
  'slurm.partition': 'partition (-p)',
  'slurm.qos': 'quality of service (-q)',
  'slurm.time': 'wall time (-t), for example 1h or 02:00:00',
  'slurm.constraint': 'node features (--constraint)',
  'slurm.reservation': 'reservation (--reservation)',
  'login.tunnel': 'jump host of tunnel commands, for example me@login.example.org:8822',
  'chroma.command': 'the chroma program to run',
  'chroma.image': 'Apptainer image (.sif) with the Chroma server',
  'vllm.command': 'the vllm program to run',
  'vllm.venv': 'Python environment with vLLM',
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

/** Opens the settings without writing; conf is loaded only when the file is there or something is set. */
export async function openSettings(environment: Environment): Promise<Settings> {
  const { existsSync } = await import('node:fs')
  const { join } = await import('node:path')
  const path = join(environment.configDir, 'config.json')
  const empty: Settings = {
    path,
    get: () => undefined,
    set: () => undefined,
    unset: () => undefined,
    all: () => ({}),
  }
  return existsSync(path) ? openSettingsForWriting(environment) : empty
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
