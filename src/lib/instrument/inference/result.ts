import * as v from 'valibot'
import { ENVELOPE, FILES, INSTRUMENT, RequestsSchema, SERVER } from '../measure/envelope.js'
import { ServerGpusSchema, ServerProcessesSchema } from './result-server.js'
import { SpreadSchema } from '../measure/statistics.js'

/**
 * `result.json` of an inference benchmark, published as `schemas/inference-result.json`.
 * Times are milliseconds of successful requests unless said; shares are 0 to 1; null means that it can't be known here.
 */

const number = v.number()
const known = v.nullable(v.number())

/** One distribution. Percentiles are type 7 but for ITL and chunk gaps, which come from a histogram of 0.1 %; std is the sample's. */
export const DistributionSchema = v.object({
  n: number,
  mean: known,
  std: known,
  min: known,
  p50: known,
  p90: known,
  p99: known,
  p999: known,
  max: known,
  /** False when n < 662: fewer samples can't bound a p99. */
  p99Reliable: v.boolean(),
  /** Of the mean, over the repeats (t distribution); null with fewer than two. */
  ci95: v.nullable(v.tuple([number, number])),
  /** Counts in 16 bins of equal width in log(value), for the sparkline. */
  histogram: v.array(number),
})
export type Distribution = v.InferOutput<typeof DistributionSchema>

/** The figures of a span of time: the whole run, or its steady window. */
export const MetricsSchema = v.object({
  ttftMs: DistributionSchema,
  /** To the first token of the answer itself: reasoning and tool calls don't count. */
  ttfoMs: DistributionSchema,
  tpotMs: DistributionSchema,
  itlMs: DistributionSchema,
  /** Between events that bring text, however many tokens are in each. */
  chunkGapMs: DistributionSchema,
  /** To the last token. */
  e2eMs: DistributionSchema,
  /** From the time at which the request was due: what a user waits. Null in a closed loop. */
  fromSchedule: v.nullable(v.object({ ttftMs: DistributionSchema, e2eMs: DistributionSchema })),
})
export type Metrics = v.InferOutput<typeof MetricsSchema>

export const ThroughputSchema = v.object({
  /** First send to last end, or the window's length. */
  durationMs: number,
  requestsPerSecond: number,
  inputTokensPerSecond: number,
  outputTokensPerSecond: number,
  totalTokensPerSecond: number,
  /** Tokens counted by the server; `estimated` when some request brought no usage. */
  tokensFrom: v.picklist(['usage', 'estimated']),
  inputTokens: number,
  outputTokens: number,
  peakConcurrency: number,
  meanConcurrency: number,
})

/** Verdicts on answers that had to have a form, of one kind of request. */
export const ValiditySchema = v.object({
  answers: number,
  valid: number,
  /** Ended by itself, and is not what was asked for. */
  invalid: number,
  /** Cut at max_tokens before it could be complete: neither valid nor invalid. */
  truncated: number,
  /** Not judged: that would have taken too long, or there were too many to keep. */
  unjudged: v.optional(number, 0),
  failed: number,
  /** valid ÷ (valid + invalid); null without either. */
  validShare: known,
  /** Why, of the first few that are invalid. */
  examples: v.array(v.object({ index: number, why: v.string(), text: v.string() })),
})
export type Validity = v.InferOutput<typeof ValiditySchema>

const overhead = v.object({ constrained: known, unconstrained: known, ratio: known })

export const StructuredSchema = v.object({
  kind: v.string(),
  /** `structured_outputs`, `guided_*`, `response_format`: what was sent. */
  field: v.string(),
  /** Whether the server was seen to honour it before the run, with what was asked and answered. */
  probe: v.object({ honoured: v.nullable(v.boolean()), detail: v.string() }),
  constrained: ValiditySchema,
  /** The same judgement of the paired baseline, which nobody constrained. */
  unconstrained: v.nullable(ValiditySchema),
  /** Mean output tokens of paired runs whose answers are of different lengths: then ratios compare more than constraints. */
  lengthsDiffer: v.optional(
    v.nullable(v.object({ constrained: number, unconstrained: number })),
    null,
  ),
  /** Paired runs only. */
  overhead: v.nullable(
    v.object({ ttftMs: overhead, tpotMs: overhead, outputTokensPerSecond: overhead }),
  ),
  /** Mean TTFT of requests whose constraint was seen for the first time, and of all others. */
  firstUse: v.object({ distinct: number, firstMs: known, laterMs: known }),
})

const metricDelta = v.object({ client: known, server: known, difference: known })

export const ServerCheckSchema = v.object({
  /** Why the server could not be checked; null when it was. */
  unavailable: v.nullable(v.string()),
  verdict: v.picklist(['reconciled', 'unreconciled', 'unknown']),
  findings: v.array(v.string()),
  requests: v.nullable(metricDelta),
  outputTokens: v.nullable(metricDelta),
  inputTokens: v.nullable(metricDelta),
  /** Means by sum and count, exact. */
  ttftMs: v.nullable(metricDelta),
  e2eMs: v.nullable(metricDelta),
  queueMs: known,
  prefillMs: known,
  decodeMs: known,
  preemptions: known,
  prefixCacheHitShare: known,
  /** Largest values of gauges that were looked at so often, every two seconds: what was between two looks was not seen. */
  looks: v.optional(number, 0),
  peakRunning: known,
  peakWaiting: known,
  peakKvCacheShare: known,
})

export const InferenceResultSchema = v.object({
  schema: v.literal('aibench/inference-result/2'),
  kind: v.literal('inference'),
  ...ENVELOPE,
  /** What the gate used of a core, by its own word; null without a gate, or of one that does not tell. */
  gateCores: v.optional(known, null),
  workload: v.object({
    model: v.nullable(v.string()),
    endpoint: v.picklist(['chat', 'completions']),
    dataset: v.string(),
    datasetHash: v.string(),
    scheduleHash: v.string(),
    numPrompts: number,
    /** For people: `Poisson 4/s`, `32 in flight`, `all at once`. */
    load: v.string(),
    loadKind: v.string(),
    seed: number,
    salt: v.string(),
    repeats: number,
    clients: number,
  }),
  requests: RequestsSchema,
  /** The failure that came first in time, of the first pass that has one. */
  firstError: v.optional(
    v.nullable(v.object({ class: v.string(), message: v.string(), atMs: number })),
    null,
  ),
  metrics: MetricsSchema,
  throughput: ThroughputSchema,
  goodput: v.nullable(
    v.object({ text: v.string(), good: number, perSecond: number, shareOfIssued: number }),
  ),
  /** Without warm-up and drain; null when there was no such span. */
  steady: v.nullable(
    v.object({
      fromMs: number,
      toMs: number,
      metrics: MetricsSchema,
      throughput: ThroughputSchema,
    }),
  ),
  /** Of figures over the repeats. */
  repeats: v.object({
    outputTokensPerSecond: SpreadSchema,
    ttftP50Ms: SpreadSchema,
    ttftP99Ms: SpreadSchema,
    tpotMeanMs: SpreadSchema,
  }),
  structured: v.nullable(StructuredSchema),
  /** Of --find-max-rate: every rate that was tried, in order. */
  search: v.nullable(
    v.object({
      /** The highest rate at which the thresholds were seen to hold; null when none was. */
      maxRatePerSecond: known,
      /**
       * What ended it: `server`, a rate a little higher misses a threshold; `client`, above it the client could not tell, so that the
       * server may do more; `none`, the search ended before either.
       */
      boundBy: v.optional(v.picklist(['server', 'client', 'none']), 'none'),
      /** Every look, in order; a rate may have several. */
      steps: v.array(
        v.object({
          ratePerSecond: number,
          /** Every threshold held. */
          met: v.boolean(),
          /** The client was fine: the step counts. */
          valid: v.boolean(),
          verdict: v.optional(v.picklist(['ok', 'threshold-missed', 'late', 'client-bound']), 'ok'),
          /** Why it does not count, or what was missed; null when all held. */
          reason: v.optional(v.nullable(v.string()), null),
          requests: v.optional(number, 0),
          /** Answers a second of the step. Its Poisson draw has a few more or fewer arrivals than the rate says. */
          achievedPerSecond: number,
          ttftP99Ms: known,
        }),
      ),
    }),
  ),
  instrument: v.object({
    ...INSTRUMENT,
    /** Events per CPU second against a server that does nothing and sends one at a time, in the same run: the median of three. */
    ceilingEventsPerSecond: known,
    /** The smallest and the largest of the three. */
    ceilingSpread: v.optional(v.nullable(v.object({ min: number, max: number })), null),
    eventsPerSecond: number,
    workers: number,
    connections: v.object({ opened: number, reused: number, connectP50Ms: known }),
    /** Of the clocks of the workers' nodes, at most; null with one node. */
    clockOffsetMs: known,
  }),
  server: v.object({
    ...SERVER,
    /** Its processes by what they do, on the node of the first; null where they can't be seen. */
    processes: v.optional(v.nullable(v.array(ServerProcessesSchema)), null),
    /** Its GPUs on that node, once a second while requests were measured; null where nothing looked. */
    gpus: v.optional(v.nullable(ServerGpusSchema), null),
    /** A process that speaks HTTP had no core left, while the GPUs had room or are not known. */
    isFrontEndFull: v.optional(v.boolean(), false),
    check: ServerCheckSchema,
  }),
  files: v.object({ ...FILES, series: v.string() }),
})
export type InferenceResult = v.InferOutput<typeof InferenceResultSchema>
export type Throughput = v.InferOutput<typeof ThroughputSchema>
export type Structured = v.InferOutput<typeof StructuredSchema>
export type ServerCheck = v.InferOutput<typeof ServerCheckSchema>
