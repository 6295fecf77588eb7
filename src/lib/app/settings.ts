import { aibench } from '../platform/command-line.js'
import { NotFoundError, UsageError } from '../platform/errors.js'
import { nearest } from '../platform/nearest.js'
import { openSettingsForWriting, SETTINGS, type SettingName } from '../platform/settings.js'
import { parseWallTimeMs } from '../platform/units.js'
import { gpuOptionsOf } from '../services/vllm/gpus.js'
import type { Context } from '../jobs/contract.js'

export interface SettingReport {
  name: SettingName
  value: string | null
  meaning: string
}

/** @throws NotFoundError with the nearest name */
export function settingName(text: string): SettingName {
  if (Object.hasOwn(SETTINGS, text)) return text as SettingName
  const close = nearest(text, Object.keys(SETTINGS))
  throw new NotFoundError(
    `There is no setting "${text}"${close ? `; did you mean "${close}"?` : ''}`,
    {
      code: 'AIB_SETTING_UNKNOWN',
      hints: ['aibench config list'],
    },
  )
}

export function describeSetting(name: SettingName, value: string | undefined): SettingReport {
  return { name, value: value ?? null, meaning: SETTINGS[name] }
}

/** Sets, or with undefined forgets; what can be checked is checked first. */
export async function changeSetting(
  { environment }: Context,
  text: string,
  value: string | undefined,
): Promise<SettingReport> {
  const name = settingName(text)
  if (value !== undefined) checkSetting(name, value)
  const settings = await openSettingsForWriting(environment)
  if (value === undefined) settings.unset(name)
  else settings.set(name, value)
  return describeSetting(name, settings.get(name))
}

function checkSetting(name: SettingName, value: string): void {
  if (name === 'scheduler' && value !== 'slurm' && value !== 'local')
    throw new UsageError(`scheduler must be slurm or local, not "${value}"`)
  if (name === 'vllm.gpus') gpuOptionsOf(value, name)
  if (name === 'slurm.time' && parseWallTimeMs(value) === undefined)
    throw new UsageError(`slurm.time must be a wall time such as 2h, not "${value}"`, {
      hints: [aibench('config', 'set', 'slurm.time', '2h')],
    })
}
