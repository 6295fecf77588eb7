import * as v from 'valibot'

/** What a simulated server is like: plain data, in a file for `dist/simulator.js`. Every field has a default. */

const count = v.pipe(v.number(), v.integer(), v.minValue(1))
const natural = v.pipe(v.number(), v.integer(), v.minValue(0))
const ms = v.pipe(v.number(), v.minValue(0))
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))

export const DistributionSchema = v.object({
  kind: v.picklist(['constant', 'normal', 'exponential', 'lognormal']),
  meanMs: ms,
  /** Of normal and lognormal; a tenth of the mean when it isn't given. */
  sd: v.optional(ms),
})
export type Distribution = v.InferOutput<typeof DistributionSchema>

/** Ends or spoils an answer: a right client counts the request as failed. */
export const FAILURES = [
  /** Refused before the engine sees it, with vLLM's error body. */
  'http_429',
  'http_500',
  'http_503',
  /** An error event in a 200 stream, then [DONE]. */
  'stream_error',
  /** The connection is reset (RST). */
  'reset',
  /** The connection is closed (FIN) inside the body. */
  'hang_up',
  /** Nothing more comes, for ever. */
  'stall',
  /** The body ends in good order, with neither a finish_reason nor [DONE]. */
  'truncated',
  /** One event is no JSON; the rest is right. */
  'bad_json',
  /** 200 with [DONE] and nothing else. */
  'empty',
  /** 200 with no event at all, then the connection is closed. */
  'silent',
  /** Ends early with finish_reason "abort", as a stopping server does. */
  'abort',
  /** [DONE] comes in the middle, without a finish_reason. */
  'early_done',
  /** An event of the name `error` with its words in a comment, then [DONE]. */
  'named_error',
  /** A line `error: {…}` in place of data, then [DONE]. */
  'error_field',
  /** `{"object":"error",…}` as the data of an event, then [DONE]. */
  'flat_error',
  /** Status 200, and an error as JSON in place of the stream. */
  'json_error',
] as const

/** Odd, but legal: a right client counts the request as good. */
export const ODDITIES = [
  /** All is there but [DONE]. */
  'no_done',
  /** Events that carry nothing: `choices: null`, `null`, `{}`, no data, a comment. */
  'empty_events',
  /** Usage stands in the event with the finish_reason. */
  'usage_in_finish',
  'no_usage',
  /** Text of several bytes a character, cut inside a character across writes. */
  'split_utf8',
  /** The role is said again and again between the tokens. */
  'role_only',
  /** The role chunk comes at once, long before the first token. */
  'early_role',
  /** Events with empty text between the tokens. */
  'empty_deltas',
  /** All text is empty, usage counts: special tokens. */
  'empty_text',
  /** Nothing, not even headers, for `delayMs`. */
  'slow_accept',
  /** The connection is closed right after the answer, without saying so. */
  'keep_alive_closed',
] as const

export type FaultKind = (typeof FAILURES)[number] | (typeof ODDITIES)[number]

export const FaultSchema = v.pipe(
  v.object({
    kind: v.picklist([...FAILURES, ...ODDITIES]),
    /** Of all requests, spread evenly; exact whenever `share` × requests is a whole number. */
    share: v.optional(share),
    /** The nth, the 2nth, … */
    everyNth: v.optional(count),
    /** The first is 0. */
    indices: v.optional(v.array(natural)),
    /** Requests are counted from this one on: what comes before (readiness, probes, warm-up) is never spoilt. */
    from: v.optional(natural, 0),
    /** Where in the answer, for kinds that need a place. */
    afterTokens: v.optional(natural, 3),
    delayMs: v.optional(ms, 500),
  }),
  v.check(
    ({ share, everyNth, indices }) =>
      [share, everyNth, indices].filter((given) => given !== undefined).length === 1,
    'a fault needs one of share, everyNth, indices',
  ),
)
export type Fault = v.InferOutput<typeof FaultSchema>

export const SimulatorOptionsSchema = v.object({
  model: v.optional(v.string(), 'simulated'),
  /** Decides, as in vLLM, which fields of structured outputs are honoured. */
  version: v.optional(v.pipe(v.string(), v.regex(/^\d+\.\d+/)), '0.32.0'),
  maxModelLen: v.optional(count, 8192),
  /** Requests that run at a time; the others wait in line. */
  slots: v.optional(count, 256),
  /** From the start of running to the first token. */
  ttftMs: v.optional(DistributionSchema, { kind: 'constant', meanMs: 50 }),
  /** From each token to the next, however many an event brings. */
  itlMs: v.optional(DistributionSchema, { kind: 'constant', meanMs: 20 }),
  /** The first event brings one, as vLLM's does; the others so many. */
  tokensPerEvent: v.optional(count, 1),
  /** Events that are held back to leave in one write; the first leaves alone. */
  eventsPerSegment: v.optional(count, 1),
  lineEnd: v.optional(v.picklist(['\n', '\r\n']), '\n'),
  /** Usage and [DONE] follow the last token so much later; 0: in the same write. */
  tailMs: v.optional(ms, 0),
  /** The model ends by itself after so many tokens unless `ignore_eos`; null: it goes on to the limit. */
  stopAfterTokens: v.optional(v.nullable(count), null),
  /** So many tokens of a chat answer are reasoning. */
  reasoningTokens: v.optional(natural, 0),
  /** Of the constrained answers, so many are not what was asked for. */
  structuredWrong: v.optional(share, 0),
  faults: v.optional(v.array(FaultSchema), []),
  seed: v.optional(v.number(), 1),
  /** /health says 503, and so does everything else, for so long. */
  loadMs: v.optional(ms, 0),
  /** An idle connection is closed after so long, as uvicorn does. */
  keepAliveMs: v.optional(ms, 5000),
  /** 0600 file whose token guards /v1. */
  apiKeyFile: v.optional(v.nullable(v.string()), null),
  /** Where the truth goes, a JSON object a request (0600). */
  truthFile: v.optional(v.nullable(v.string()), null),
  /** Answers every stream at once from prepared bytes, without queue, faults or truth: for the instrument's self-test. */
  null: v.optional(v.boolean(), false),
})
export type SimulatorOptions = v.InferOutput<typeof SimulatorOptionsSchema>
/** As it is written: all may be left out. */
export type SimulatorInput = v.InferInput<typeof SimulatorOptionsSchema>
