import { alike, type ValuesOf } from '../../options/set.js'
import { duration, integer, path, text, texts } from '../../options/types.js'
import { SAMPLE_LIMIT } from '../../monitoring/targets.js'

export const attachOptions = alike(
  { env: null },
  {
    as: text({ summary: 'Call the target NAME. Default: its host and port.', helpValue: 'NAME' }),
    path: text({ summary: 'Path of its metrics.', default: '/metrics' }),
    tokenFile: path({
      helpValue: 'FILE',
      summary: 'Send the token, or USER:PASSWORD, from this file (mode 0600).',
    }),
    label: texts({
      helpValue: 'NAME=VALUE',
      summary: 'Add a label to all its series. Repeatable.',
    }),
    sampleLimit: integer({
      summary: 'Reject a scrape of more than N samples; 0 for no limit.',
      default: SAMPLE_LIMIT,
      min: 0,
    }),
    monitors: text({ summary: 'Attach to these monitors.', helpValue: 'NAME' }),
    timeoutMs: duration({ summary: 'Wait up to TIME for its first samples.', default: 15_000 }),
  },
)
export type AttachOptions = ValuesOf<typeof attachOptions>

export const detachOptions = {
  monitors: text({ summary: 'Detach from these monitors.', helpValue: 'NAME', env: null }),
  timeoutMs: duration({ summary: 'Wait up to TIME.', default: 15_000, env: null }),
}
export type DetachOptions = ValuesOf<typeof detachOptions>

export const queryOptions = alike(
  { env: null },
  {
    run: text({ summary: 'Query the time range of a run.', helpValue: 'RUN', completes: 'run' }),
    rangeMs: duration({ summary: 'Query the last TIME.', min: 1 }),
    stepMs: duration({
      summary: 'Show a value every TIME. Default: about 20 values.',
      min: 1,
    }),
    monitors: text({ summary: 'Query these monitors.', helpValue: 'NAME' }),
  },
)
export type QueryOptions = ValuesOf<typeof queryOptions>
