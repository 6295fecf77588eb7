import { LIST_NAMES } from '../../instrument/filesystem/corpus/contract.js'
import { alike } from '../../options/set.js'
import { choice, wallTime } from '../../options/types.js'

export const compareOptions = alike(
  { env: null },
  {
    list: choice(LIST_NAMES, {
      summary:
        'Place them among the public results of Lustre since 2020, among all, or among those of ten nodes.',
      default: 'lustre',
    }),
  },
)

export const estimateOptions = alike(
  { env: null },
  {
    timeLimitMs: wallTime({
      flag: 'time',
      char: 't',
      summary: 'Say whether a job with this time limit lasts long enough: 2h, 90m, 02:00:00.',
      setting: 'slurm.time',
    }),
  },
)
