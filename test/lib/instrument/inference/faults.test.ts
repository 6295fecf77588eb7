import { expect } from 'chai'
import type { InferencePlan } from '../../../../src/lib/instrument/inference/plan.js'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'
import type { SimulatorInput } from '../../../../src/lib/simulator/options.js'
import {
  benchInference,
  INFERENCE_PLAN,
  type InferenceRun,
} from '../../../support/inference-bench.js'
import { SimulatorHost } from '../../../support/simulators.js'

const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })
const { timeouts } = INFERENCE_PLAN
const PLAN: Partial<InferencePlan> = {
  load: { kind: 'concurrency', concurrency: 10 },
  numPrompts: 50,
}

/** The first request asks what the server understands: no fault before the second. */
const tenOf = (kind: string, more: object = {}): SimulatorInput =>
  ({ faults: [{ kind, share: 0.2, from: 1, ...more }] }) as SimulatorInput

describe('faults of a server', function () {
  let host: SimulatorHost
  before(() => (host = new SimulatorHost()))
  after(() => host.end())

  const bench = async (options: SimulatorInput, plan: Partial<InferencePlan> = {}) => {
    await using simulator = await host.start({
      ttftMs: constant(5),
      itlMs: constant(1),
      ...options,
    })
    return await benchInference(simulator.url, { ...PLAN, ...plan })
  }

  const failuresOf = ({ result, rows }: InferenceRun) => {
    const { issued, ok, failed } = result.requests
    expect(rows).to.have.length(issued)
    expect(rows.filter(({ error }) => error !== undefined)).to.have.length(failed)
    expect(result.metrics.ttftMs.n, 'figures are of successes').to.equal(ok)
    return { ok, byClass: Object.fromEntries(result.errors.map((one) => [one.class, one.count])) }
  }

  for (const { fault, more, plan, errorClass, says } of [
    { fault: 'http_429', errorClass: 'http_429', says: /Too many requests/ },
    { fault: 'http_500', errorClass: 'http_500', says: /Internal server error/ },
    { fault: 'http_503', errorClass: 'http_503', says: /not able to take/ },
    { fault: 'stream_error', errorClass: 'stream_error', says: /EngineCore/ },
    { fault: 'reset', errorClass: 'reset', says: /ECONNRESET/ },
    { fault: 'hang_up', errorClass: 'closed_in_stream', says: /closed before/ },
    { fault: 'truncated', errorClass: 'truncated_stream', says: /neither/ },
    { fault: 'early_done', errorClass: 'truncated_stream', says: /without a finish_reason/ },
    { fault: 'named_error', errorClass: 'stream_error', says: /EngineCore/ },
    { fault: 'error_field', errorClass: 'stream_error', says: /^500: EngineCore/ },
    { fault: 'flat_error', errorClass: 'stream_error', says: /^500: EngineCore/ },
    { fault: 'json_error', errorClass: 'stream_error', says: /^500: EngineCore/ },
    { fault: 'bad_json', errorClass: 'malformed_event', says: /./ },
    { fault: 'empty', errorClass: 'empty_stream', says: /no token/ },
    { fault: 'silent', errorClass: 'empty_stream', says: /no token/ },
    { fault: 'abort', errorClass: 'server_abort', says: /"abort"/ },
    {
      fault: 'stall',
      plan: { timeouts: { ...timeouts, idleMs: 200 } },
      errorClass: 'idle_timeout',
      says: /after 200 ms/,
    },
    {
      fault: 'stall',
      more: { afterTokens: 0 },
      plan: { timeouts: { ...timeouts, ttftMs: 250 } },
      errorClass: 'ttft_timeout',
      says: /after 250 ms/,
    },
    {
      fault: 'stall',
      plan: { timeouts: { ...timeouts, totalMs: 300 } },
      errorClass: 'total_timeout',
      says: /after 300 ms/,
    },
  ])
    it(`${fault}: ten of fifty, as ${errorClass}`, async () => {
      const run = await bench(tenOf(fault, more), plan)
      expect(run.error).to.equal(undefined)
      expect(failuresOf(run)).to.deep.equal({ ok: 40, byClass: { [errorClass]: 10 } })
      expect(run.result.errors[0].example).to.match(says)
      expect(run.result.firstError).to.include({ class: errorClass })
      expect(run.result.complete).to.equal(true)
    })

  it('several at a time are counted apart', async () => {
    const faults = ['http_429', 'reset', 'empty', 'truncated', 'bad_json'].map((kind) => ({
      ...{ kind, share: 0.1, from: 1 },
    }))
    const run = await bench({ faults } as SimulatorInput)
    expect(failuresOf(run)).to.deep.equal({
      ok: 25,
      byClass: {
        ...{ http_429: 5, reset: 5, empty_stream: 5, truncated_stream: 5, malformed_event: 5 },
      },
    })
  })

  it('a role that is said at once is no token: the time-out of the first goes on', async () => {
    const error = await bench(
      { faults: [{ kind: 'early_role', share: 1 }], ttftMs: constant(900) },
      { timeouts: { ...timeouts, ttftMs: 250, idleMs: 5_000 } },
    ).then(
      () => undefined,
      (thrown: AibenchError) => thrown,
    )
    expect(error).to.include({ exitCode: 7, evidence: 'ttft_timeout: after 250 ms' })
  })

  it('all failed: no figure, never zeros', async () => {
    const { result } = await bench({ faults: [{ kind: 'http_500', share: 1, from: 1 }] })
    expect(result.requests).to.include({ issued: 50, ok: 0, failed: 50 })
    const { fromSchedule, ...distributions } = result.metrics
    expect(fromSchedule).to.equal(null)
    for (const [name, { n, ...figures }] of Object.entries(distributions)) {
      expect(n, name).to.equal(0)
      for (const figure of ['mean', 'std', 'min', 'p50', 'p99', 'max'] as const)
        expect(figures[figure], `${name} ${figure}`).to.equal(null)
    }
    expect(result.repeats.ttftP99Ms).to.include({ median: null, n: 0 })
  })
})
