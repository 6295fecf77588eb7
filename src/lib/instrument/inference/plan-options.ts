import * as v from 'valibot'
import { option } from '../../options/option.js'
import { alike } from '../../options/set.js'
import {
  choice,
  decimal,
  decimalType,
  duration,
  integer,
  text,
  texts,
  toggle,
} from '../../options/types.js'
import { UsageError } from '../../platform/errors.js'
import { durationText, parseDurationMs } from '../../platform/units.js'
import { ARRIVALS } from '../load/plan.js'
import { errorOption } from '../load/plan-options.js'

/** What a benchmark of an inference server can be told, and what it does when it is not. */

/** As short as a number above zero may be in a plan. */
const LEAST = 0.000_001
const count = { helpValue: 'N', min: 1 } as const
const time = { helpValue: 'TIME', min: LEAST } as const

/** What becomes the data set and the load of a plan. */
export const workloadOptions = {
  ...alike(
    { group: 'WORKLOAD' },
    {
      /** `random`, `json`, …, `sharegpt:FILE`, `custom:FILE`, `trace:FILE`, `xgrammar:FILE`. */
      dataset: text({
        helpValue: 'KIND[:FILE]',
        summary:
          'Choose the requests: random (default), prefix, multi-turn, json, json-unique, json-schema, grammar, regex, choice, or from a file: sharegpt:FILE, custom:FILE, trace:FILE, xgrammar:FILE.',
        completes: [
          ...['choice', 'custom:', 'grammar', 'json', 'json-schema', 'json-unique', 'multi-turn'],
          ...['prefix', 'random', 'regex', 'sharegpt:', 'trace:', 'xgrammar:'],
        ],
      }),
      inputTokens: integer({
        ...count,
        flag: 'input-len',
        summary: 'Make prompts of N tokens (random, prefix).',
        default: 1024,
      }),
      outputTokens: integer({
        ...count,
        flag: 'output-len',
        summary: 'End each answer after N tokens. Default 128; 256 for structured outputs.',
        default: 128,
      }),
      extraBody: text({
        helpValue: 'JSON|@FILE',
        summary:
          'Add the fields of this JSON object to the body of every request, such as {"top_p":0.9}.',
      }),
    },
  ),
  ...alike(
    { group: 'LOAD' },
    {
      rate: option<number | 'inf'>(
        {
          schema: v.union([v.number(), v.literal('inf')]),
          read(typed, where) {
            if (typed === 'inf') return typed
            if (Number(typed) > 0) return Number(typed)
            throw new UsageError(
              `${where} must be a number of requests per second, or inf, not "${typed}"`,
            )
          },
        },
        {
          helpValue: 'N',
          summary:
            'Open loop: send N requests per second regardless of the server; inf sends all at once.',
          default: 4,
          completes: ['inf'],
        },
      ),
      concurrency: integer({
        ...count,
        char: 'c',
        summary: 'Closed loop, instead of --rate: keep N requests in flight.',
      }),
      ramp: option(
        {
          schema: v.object({
            fromPerSecond: v.number(),
            toPerSecond: v.number(),
            overMs: v.number(),
          }),
          read(typed, where) {
            const [from, to, over] = typed.split(':')
            const overMs = parseDurationMs(over ?? '')
            if (!(Number(from) > 0 && Number(to) > 0) || overMs === undefined)
              throw new UsageError(`${where} must be FROM:TO:TIME such as 1:20:5m, not "${typed}"`)
            return { fromPerSecond: Number(from), toPerSecond: Number(to), overMs }
          },
        },
        {
          helpValue: 'FROM:TO:TIME',
          summary: 'Open loop, instead of --rate: go from one rate to another, such as 1:20:5m.',
        },
      ),
      speed: decimal({
        flag: 'trace-speed',
        summary: 'Replay a trace, instead of --rate, at X times its speed.',
      }),
      arrival: choice(ARRIVALS, {
        summary: 'Space the requests of --rate this way.',
        default: 'poisson',
      }),
      burstiness: decimal({
        summary: 'Shape --arrival gamma: 1 is Poisson, below 1 burstier, above 1 more even.',
        default: 1,
      }),
      maxInFlight: integer({
        ...count,
        flag: 'max-concurrency',
        summary:
          'Cap the requests in flight (open loop). The rest wait in the client; only the “when due” figures include that wait.',
      }),
    },
  ),
}

/** Fields of a plan, each as it is. */
export const planOptions = {
  ...alike(
    { group: 'WORKLOAD' },
    {
      numPrompts: integer({
        ...count,
        char: 'n',
        summary: 'Send N requests.',
        default: 1_000,
      }),
      endpoint: choice(['chat', 'completions'], {
        summary:
          'Call chat/completions or completions. Default completions for random, prefix and trace, else chat.',
        default: 'completions',
      }),
      temperature: option<number | null>(
        { ...decimalType, schema: v.nullable(v.number()) },
        { summary: 'Sample at temperature X; 0 takes the most likely token.', default: 0 },
      ),
      /** Begins every prompt, so that no prefix cache of an earlier run is hit: null takes the run's id, '' none. */
      salt: option(
        {
          schema: v.string(),
          read: (typed) => (typed === 'none' ? '' : typed),
          write: (salt) => salt || 'none',
        },
        {
          helpValue: 'TEXT',
          summary:
            'Add this prefix to every prompt, to defeat prefix caching from earlier runs; none adds nothing. Default: the run’s id.',
          completes: ['none'],
        },
      ),
      seed: integer({
        helpValue: 'N',
        summary: 'Seed the prompts, lengths and arrival times.',
        default: 1,
      }),
    },
  ),
  ...alike(
    { group: 'LOAD' },
    {
      /** Ends the run early, or repeats the dataset until then; null: when all prompts are done. */
      durationMs: duration({
        ...time,
        summary: 'Send requests for TIME; with --num-prompts, stop at whichever comes first.',
      }),
      /** Not measured, before each repeat, with prompts of their own. */
      warmup: option(
        {
          schema: v.object({
            requests: v.pipe(v.number(), v.integer(), v.minValue(0)),
            durationMs: v.nullable(v.pipe(v.number(), v.minValue(0))),
          }),
          read(typed, where) {
            if (/^\d+$/.test(typed)) return { requests: Number(typed), durationMs: null }
            const durationMs = parseDurationMs(typed)
            if (durationMs !== undefined) return { requests: 0, durationMs }
            throw new UsageError(
              `${where} must be a duration such as 30s, or a number of requests, not "${typed}"`,
            )
          },
          write: ({ requests, durationMs }) =>
            durationMs === null ? String(requests) : durationText(durationMs),
        },
        {
          helpValue: 'TIME|N',
          summary: 'Warm up first for TIME or N requests (not measured).',
          default: { requests: 4, durationMs: null },
        },
      ),
      repeats: integer({
        ...count,
        summary: 'Repeat the whole run N times, to see the variation.',
        default: 1,
      }),
    },
  ),
  ...alike(
    { group: 'JUDGEMENT' },
    {
      /** Thresholds as typed. */
      slo: texts({
        helpValue: 'LIMIT',
        summary:
          'Set a threshold, such as ttft_p99<500ms; exit with 99 if it is missed. Repeatable.',
      }),
      /** Limits of each request. */
      goodput: text({
        helpValue: 'LIMITS',
        summary: 'Count the requests that meet all of these limits, such as ttft<500ms,tpot<40ms.',
      }),
      findMaxRate: toggle({
        summary:
          'Search for the highest rate that meets every --slo; each step lasts --duration (default 30s), 10s at least.',
        env: null,
      }),
    },
  ),
  ...errorOption,
  /** The same prompts again without their constraints, interleaved with the repeats. */
  pairedBaseline: toggle({
    group: 'STRUCTURED',
    summary:
      'Send the same prompts without their constraints too, to show what the constraints cost.',
  }),
  ...alike(
    { group: 'INSTRUMENT' },
    {
      /** Worker processes. */
      clients: integer({
        ...count,
        summary: 'Send from N processes; the schedule is the same for any N.',
        default: 1,
      }),
      timeouts: {
        connectMs: duration({ ...time, flag: null, summary: 'Of a connection.', default: 10_000 }),
        ttftMs: duration({
          ...time,
          flag: 'ttft-timeout',
          summary: 'Fail a request with no first token within TIME.',
          default: 600_000,
        }),
        idleMs: duration({
          ...time,
          flag: 'idle-timeout',
          summary: 'Fail a request with no further token within TIME.',
          default: 120_000,
        }),
        totalMs: duration({
          ...time,
          flag: 'total-timeout',
          summary: 'Fail a request not finished within TIME.',
          default: 3_600_000,
        }),
      },
    },
  ),
}
