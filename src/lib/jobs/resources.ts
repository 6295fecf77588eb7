import { settledBy } from '../options/set.js'
import type { Settings } from '../platform/settings.js'
import type { Resources } from '../scheduler/contract.js'
import { resourceOptions } from './options.js'

const DEFAULT_TIME_LIMIT_MS = 3_600_000

/** What was typed, else what the user has set, else what the service usually needs (`usual`). */
export function resourcesFor(
  settings: Settings,
  usual: Partial<Resources>,
  asked: Partial<Resources>,
): Resources {
  const usualOfAll = { nodes: 1, timeLimitMs: DEFAULT_TIME_LIMIT_MS }
  return { ...usualOfAll, ...usual, ...settledBy(resourceOptions, settings), ...asked }
}
