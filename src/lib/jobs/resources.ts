import { UsageError } from '../platform/errors.js'
import type { Settings, SettingName } from '../platform/settings.js'
import { parseWallTimeMs } from '../platform/units.js'
import type { Resources } from '../scheduler/contract.js'

const DEFAULT_TIME_LIMIT_MS = 3_600_000

/** What was typed, else what the user has set, else what the service usually needs (`usual`). */
export function resourcesFor(
  settings: Settings,
  usual: Partial<Resources>,
  asked: Partial<Resources>,
): Resources {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
  const nodes = asked.nodes ?? usual.nodes ?? 1
  if (nodes < 1) throw new UsageError('--nodes must be at least 1')
  return {
    timeLimitMs: DEFAULT_TIME_LIMIT_MS,
    ...usual,
    ...settled(settings),
    ...given,
    nodes,
  }
}

function settled(settings: Settings): Partial<Resources> {
  const text = (name: SettingName) => settings.get(name)
  const time = text('slurm.time')
  const timeLimitMs = time === undefined ? undefined : parseWallTimeMs(time)
  if (time !== undefined && timeLimitMs === undefined)
    throw new UsageError(`The setting slurm.time must be a wall time such as 2h, not "${time}"`, {
      hints: ['aibench config set slurm.time 1h'],
    })
  const all: Partial<Resources> = {
    account: text('slurm.account'),
    partition: text('slurm.partition'),
    qos: text('slurm.qos'),
    constraint: text('slurm.constraint'),
    reservation: text('slurm.reservation'),
    timeLimitMs,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
