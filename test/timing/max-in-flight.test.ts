import { expect } from 'chai'
import type { LoadPlan } from '../../src/lib/instrument/load/plan.js'
import { timed } from '../support/timed.js'
import { benchInference } from '../support/inference-bench.js'
import { SimulatorHost } from '../support/simulators.js'

const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })
/** One request a tenth of a second, of a server that takes longer than that. */
const SERVER = { slots: 1, ttftMs: constant(143), itlMs: constant(1) }
const load = (maxInFlight: number | null): LoadPlan => ({
  ...{ kind: 'rate', ratePerSecond: 10, arrival: 'constant', burstiness: 1, maxInFlight },
})

describe('an open loop against a server that can’t keep up', function () {
  let host: SimulatorHost
  before(() => (host = new SimulatorHost()))
  after(() => host.end())

  timed(
    'with one in flight: fast from the send, slow from the schedule, and both are there',
    async () => {
      await using simulator = await host.start(SERVER)
      const { result, rows } = await benchInference(simulator.url, {
        load: load(1),
        numPrompts: 24,
      })
      const { ttftMs, e2eMs, fromSchedule } = result.metrics
      expect(ttftMs.p50).to.be.within(143, 200)
      expect(ttftMs.p99).to.be.below(350)
      expect(fromSchedule!.ttftMs.p99).to.be.at.least(3 * ttftMs.p99!)
      expect(fromSchedule!.e2eMs.p99).to.be.at.least(3 * e2eMs.p99!)
      expect(result.throughput.peakConcurrency).to.equal(1)
      expect(result.workload.load).to.equal('constant 10/s, at most 1 in flight')
      // In the order in which they were due, and so late since the server is slow: that is not the instrument's fault.
      expect(rows.map(({ index }) => index)).to.deep.equal(rows.map((_, i) => i))
      expect(rows.at(-1)!.sentMs - rows.at(-1)!.dueMs!).to.be.above(400)
      expect(result.instrument.dispatchLag.p99Ms).to.be.below(60)
      const truth = (await simulator.truth()).filter(({ queuedMs }) => queuedMs! > 20)
      expect(truth, 'nobody waits in the server').to.deep.equal([])
    },
  )

  timed('without a limit the server’s queue has them, and both figures are near', async () => {
    await using simulator = await host.start(SERVER)
    const { result } = await benchInference(simulator.url, { load: load(null), numPrompts: 14 })
    const { ttftMs, fromSchedule } = result.metrics
    expect(ttftMs.p99).to.be.above(3 * 143)
    expect(fromSchedule!.ttftMs.p99! - ttftMs.p99!).to.be.within(-0.001, 60)
    expect(result.throughput.peakConcurrency).to.be.above(3)
  })

  timed('what waits beyond the end of the run is not sent, and is said', async () => {
    await using simulator = await host.start(SERVER)
    const plan = { load: load(2), numPrompts: 1_000, durationMs: 1_000 }
    const { result } = await benchInference(simulator.url, plan)
    const { issued, dropped } = result.requests
    expect(issued + dropped).to.equal(10)
    expect(dropped).to.be.within(1, 4)
    expect(result.warnings.join()).to.include(`${dropped} requests were not sent`)
  })

  timed('a server that refuses is not asked without pause', async () => {
    await using simulator = await host.start({ faults: [{ kind: 'http_503', share: 1, from: 1 }] })
    const burst: LoadPlan = { ...load(2), ratePerSecond: 5_000 } as LoadPlan
    const { result } = await benchInference(simulator.url, { load: burst, numPrompts: 60 })
    expect(result.errors).to.deep.include({ ...result.errors[0], class: 'http_503', count: 60 })
    expect(result.throughput.durationMs).to.be.above((60 / 2 - 2) * 5)
  })
})
