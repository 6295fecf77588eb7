import { alike, type OptionSet } from '../../options/set.js'
import { duration, text, wallTime } from '../../options/types.js'
import { monitorsOptions } from './options.js'

const { prometheus, grafana } = monitorsOptions

/** A day's work; nobody pays for it. */
const USUAL_TIME_MS = 12 * 3_600_000

export const openOptions = {
  ...alike(
    { env: null },
    {
      name: text({ summary: 'Name the instance. Default: as the archive is called, and -saved.' }),
      timeLimitMs: wallTime({
        flag: 'time',
        char: 't',
        summary: 'Stop after TIME: 1h, 90m; a bare number is minutes. Default 12h.',
        default: USUAL_TIME_MS,
      }),
      timeoutMs: duration({
        summary: 'Wait TIME for it to be ready. Default 5m.',
        default: 5 * 60_000,
      }),
    },
  ),
  ...{ prometheus, grafana },
} satisfies OptionSet
