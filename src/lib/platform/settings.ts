import { join } from 'node:path'
import * as v from 'valibot'
import type { Environment } from './environment.js'
import { UsageError } from './errors.js'
import { readTextIfThere } from './files.js'

/** The user's settings (`aibench config`) by name, kept by the conf package in `<configDir>/config.json`, 0600. */
export interface Settings {
  readonly path: string
  get(name: string): string | undefined
  set(name: string, value: string): void
  unset(name: string): void
  all(): Readonly<Record<string, string>>
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

function parseSettings(text: string | undefined, path: string): Readonly<Record<string, string>> {
  if (text === undefined || text.trim() === '') return {}
  const file = v.safeParse(SettingsFileSchema, jsonOf(text))
  if (!file.success)
    throw new UsageError('The settings file holds no JSON object: correct it or move it away', {
      code: 'AIB_SETTINGS',
      where: path,
    })
  return Object.fromEntries(
    Object.entries(file.output).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
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
