import { alike, type ValuesOf } from '../../options/set.js'
import { duration, integer, path, text, texts } from '../../options/types.js'
import { SAMPLE_LIMIT } from '../../monitoring/targets.js'

export const attachOptions = alike(
  { env: null },
  {
    as: text({ summary: 'Call it NAME. Default: its host and port.', helpValue: 'NAME' }),
    path: text({ summary: 'Where it tells its figures.', default: '/metrics' }),
    tokenFile: path({
      helpValue: 'FILE',
      summary: 'Send the token, or USER:PASSWORD, in this file, which only you can read.',
    }),
    label: texts({ helpValue: 'NAME=VALUE', summary: 'Add a label to every series of it.' }),
    sampleLimit: integer({
      summary: 'Take no page of more than N samples; 0: any.',
      default: SAMPLE_LIMIT,
      min: 0,
    }),
    monitors: text({ summary: 'Attach to these monitors.', helpValue: 'NAME' }),
    timeoutMs: duration({ summary: 'Wait so long for its first figures.', default: 15_000 }),
  },
)
export type AttachOptions = ValuesOf<typeof attachOptions>

export const detachOptions = {
  monitors: text({ summary: 'Detach from these monitors.', helpValue: 'NAME', env: null }),
  timeoutMs: duration({ summary: 'Wait so long for it.', default: 15_000, env: null }),
}
export type DetachOptions = ValuesOf<typeof detachOptions>

export const queryOptions = alike(
  { env: null },
  {
    run: text({ summary: 'Over the time of a run.', helpValue: 'RUN' }),
    rangeMs: duration({ summary: 'Over the last TIME.', min: 1 }),
    stepMs: duration({
      summary: 'Ask for a value every TIME. Default: as many as fit on a page.',
      min: 1,
    }),
    monitors: text({ summary: 'Ask these monitors.', helpValue: 'NAME' }),
  },
)
export type QueryOptions = ValuesOf<typeof queryOptions>
