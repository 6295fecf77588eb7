import { NotFoundError } from '../platform/errors.js'
import { nearest } from '../platform/nearest.js'
import { openSettingsForWriting } from '../platform/settings.js'
import { settingsOf, type Setting } from '../options/set.js'
import type { Context } from '../jobs/contract.js'
import {
  jobSettingOptions,
  resourceOptions,
  schedulerOptions,
  siteSettings,
} from '../jobs/options.js'
import { loadServices } from './catalog.js'

/** All that there are, by name: each is written with the option that it stands in for. */
export async function knownSettings(): Promise<ReadonlyMap<string, Setting>> {
  const { kinds, service } = await loadServices()
  const sets = [
    ...[schedulerOptions, resourceOptions, jobSettingOptions, siteSettings],
    ...kinds.map(service).flatMap(({ options, settings = {} }) => [settings, options]),
  ]
  return new Map(sets.flatMap(settingsOf).map((setting) => [setting.name, setting]))
}

export interface SettingReport {
  name: string
  value: string | null
  meaning: string
}

/** @throws NotFoundError with the nearest name */
export async function settingNamed(text: string): Promise<Setting> {
  const known = await knownSettings()
  const setting =
    known.get(text) ?? [...known.values()].find(({ name }) => plain(name) === plain(text))
  if (setting) return setting
  const close = nearest(text, [...known.keys()])
  throw new NotFoundError(
    `There is no setting "${text}"${close ? `; did you mean "${close}"?` : ''}`,
    {
      code: 'AIB_SETTING_UNKNOWN',
      hints: ['aibench config list'],
    },
  )
}

/** `monitors.tsdb-dir` and `monitors.tsdbDir` are `monitors.tsdb_dir`. */
const plain = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase()

export function describeSetting(
  { name, meaning }: Setting,
  value: string | undefined,
): SettingReport {
  return { name, value: value ?? null, meaning }
}

/** Sets, or with undefined forgets; what can be checked is checked first. */
export async function changeSetting(
  { environment }: Context,
  text: string,
  value: string | undefined,
): Promise<SettingReport> {
  const setting = await settingNamed(text)
  const { name, option } = setting
  if (value !== undefined) option.read(value, name)
  const settings = await openSettingsForWriting(environment)
  if (value === undefined) settings.unset(name)
  else settings.set(name, value)
  return describeSetting(setting, settings.get(name))
}
