import { expect } from 'chai'
import { percentile } from '../../src/lib/instrument/measure/statistics.js'
import type { SimulatorInput } from '../../src/lib/simulator/options.js'
import type { InferencePlan } from '../../src/lib/instrument/inference/plan.js'
import { timed } from '../support/timed.js'
import { benchInference, type InferenceRun } from '../support/inference-bench.js'
import { SimulatorHost, type DistantSimulator } from '../support/simulators.js'

const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })
const [TTFT_MS, ITL_MS, TOKENS, REQUESTS] = [40, 10, 9, 12]
const SERVER: SimulatorInput = { ttftMs: constant(TTFT_MS), itlMs: constant(ITL_MS) }
const PLAN: Partial<InferencePlan> = {
  load: { kind: 'concurrency', concurrency: 4 },
  numPrompts: REQUESTS,
  dataset: { kind: 'random', inputTokens: 20, outputTokens: TOKENS, vocabulary: 4_000 },
}

interface Case {
  title: string
  server?: SimulatorInput
  plan?: Partial<InferencePlan>
  /** Of TTFT against the truth, at the lower quartile: others may use the machine. */
  errorMs?: number
  check(run: InferenceRun): void
}

const all = (kind: string, more: object = {}): SimulatorInput =>
  ({ faults: [{ kind, share: 1, ...more }] }) as SimulatorInput

function oddStreams(): Case[] {
  const isRight = ({ result: { metrics, throughput } }: InferenceRun) => {
    expect(throughput).to.include({ outputTokens: REQUESTS * TOKENS, tokensFrom: 'usage' })
    expect(metrics.itlMs.n).to.equal(REQUESTS * (TOKENS - 1))
    expect(metrics.itlMs.p50).to.be.within(ITL_MS - 1, ITL_MS + 5)
    expect(metrics.tpotMs.p50).to.be.within(ITL_MS - 1, ITL_MS + 5)
    expect(metrics.ttftMs.p50).to.be.within(TTFT_MS, TTFT_MS + 40)
    expect(metrics.e2eMs.p50).to.be.within(TTFT_MS + 8 * ITL_MS, TTFT_MS + 8 * ITL_MS + 80)
  }
  return [
    { title: 'none: all as it should be', check: isRight },
    {
      title: 'the role is said at once, long before the first token',
      server: all('early_role'),
      check: isRight,
    },
    { title: 'the role is said again and again', server: all('role_only'), check: isRight },
    {
      title: 'events with empty text between the tokens',
      server: all('empty_deltas'),
      check: isRight,
    },
    { title: 'CRLF ends the lines', server: { lineEnd: '\r\n' }, check: isRight },
    { title: 'events that carry nothing', server: all('empty_events'), check: isRight },
    {
      title: 'usage and the finish_reason come in one event behind the last token',
      server: { ...all('usage_in_finish', { from: 1 }), tailMs: 100 },
      check: isRight,
    },
    {
      title: '[DONE] never comes: whole by its finish_reason, with a note',
      server: all('no_done'),
      check(run) {
        isRight(run)
        expect(run.result.warnings.join()).to.match(/12 answers ended without \[DONE\]/)
      },
    },
    { title: 'usage comes long after the last token', server: { tailMs: 100 }, check: isRight },
    {
      title: 'completions',
      plan: { endpoint: 'completions' },
      check(run) {
        isRight(run)
        // Token ids: their length is what was asked for.
        expect(run.result.throughput.inputTokens).to.equal(REQUESTS * 20)
      },
    },
    {
      title: 'characters are cut in the middle',
      server: all('split_utf8'),
      check: ({ result }) => expect(result.throughput.outputTokens).to.equal(REQUESTS * TOKENS),
    },
    {
      title: 'several events come in one segment: their gaps are what a client sees',
      server: { eventsPerSegment: 4 },
      check({ result: { metrics } }) {
        expect(metrics.itlMs.n).to.equal(REQUESTS * (TOKENS - 1))
        expect(metrics.tpotMs.p50).to.be.closeTo(ITL_MS, 1)
        expect(metrics.chunkGapMs.p50).to.be.below(1)
        expect(metrics.chunkGapMs.max).to.be.above(3 * ITL_MS)
      },
    },
    {
      title: 'nothing is accepted for a while',
      server: all('slow_accept', { delayMs: 60 }),
      check: ({ result }) => expect(result.metrics.ttftMs.p50).to.be.within(100, 112),
    },
    {
      title: 'no usage: tokens are estimated, and there is no ITL',
      server: all('no_usage', { from: 1 }),
      check({ result: { metrics, throughput, warnings } }) {
        expect(throughput).to.include({ outputTokens: REQUESTS * TOKENS, tokensFrom: 'estimated' })
        expect(metrics.itlMs).to.include({ n: 0, mean: null, p99: null })
        expect(metrics.tpotMs.p50).to.be.closeTo(ITL_MS, 1)
        expect(warnings.join()).to.match(/12 answers came without usage/)
      },
    },
    {
      title: 'reasoning comes first: TTFO is apart',
      server: { reasoningTokens: 4 },
      check({ result: { metrics } }) {
        expect(metrics.ttftMs.p50).to.be.within(TTFT_MS, TTFT_MS + 40)
        expect(metrics.ttfoMs.p50! - metrics.ttftMs.p50!).to.be.closeTo(4 * ITL_MS, 10)
        expect(metrics.itlMs.n).to.equal(REQUESTS * (TOKENS - 1))
      },
    },
    {
      title: 'all text is empty and usage counts: special tokens',
      server: all('empty_text'),
      check: isRight,
    },
    {
      title: 'the connection is closed after each answer, without a word',
      server: all('keep_alive_closed'),
      // TTFT has the connecting in it.
      errorMs: 12,
      check(run) {
        isRight(run)
        expect(run.result.instrument.connections.opened).to.be.at.least(REQUESTS)
        expect(run.result.warnings.join()).to.match(/sent on another/)
      },
    },
    {
      title: 'four tokens an event: ITL is of tokens, the chunk gap is four times as long',
      server: { tokensPerEvent: 4 },
      check({ result: { metrics } }) {
        expect(metrics.itlMs.n).to.equal(REQUESTS * (TOKENS - 1))
        expect(metrics.itlMs.mean).to.be.closeTo(ITL_MS, 1)
        expect(metrics.tpotMs.mean).to.be.closeTo(ITL_MS, 1)
        expect(metrics.chunkGapMs.n).to.equal(REQUESTS * 2)
        expect(metrics.chunkGapMs.mean).to.be.closeTo(4 * ITL_MS, 3)
      },
    },
  ]
}

describe('streams that are odd but legal', function () {
  let host: SimulatorHost
  before(() => (host = new SimulatorHost()))
  after(() => host.end())

  /** How late the client's TTFT is against the times at which the server read the request and wrote its first token. */
  const errorsOf = async ({ rows, order }: InferenceRun, simulator: DistantSimulator) => {
    const truth = new Map((await simulator.truth()).map((one) => [one.id, one]))
    const errors = rows.map(({ index, ttftMs }) => {
      const { receivedMs, tokensSentAtMs } = truth.get(`${order.runId}-${index}`)!
      return ttftMs! - (tokensSentAtMs[0] - receivedMs)
    })
    return Float64Array.from(errors).sort()
  }

  for (const { title, server = {}, plan = {}, errorMs = 6, check } of oddStreams())
    timed(title, async () => {
      await using simulator = await host.start({ ...SERVER, ...server })
      const run = await benchInference(simulator.url, { ...PLAN, ...plan })
      expect(run.error).to.equal(undefined)
      expect(run.result.errors).to.deep.equal([])
      expect(run.result.requests).to.include({ issued: REQUESTS, ok: REQUESTS, failed: 0 })
      const errors = await errorsOf(run, simulator)
      expect(percentile(errors, 0.25)).to.be.within(-0.05, errorMs)
      expect(percentile(errors, 0.5)).to.be.below(errorMs + 10)
      check(run)
    })
})
