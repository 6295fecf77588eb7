import { expect } from 'chai'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  InferenceEvent,
  InferencePlan,
} from '../../../../src/lib/instrument/inference/plan.js'
import { InferenceResultSchema } from '../../../../src/lib/instrument/inference/result.js'
import type { LoadPlan } from '../../../../src/lib/instrument/load/plan.js'
import { runWorker } from '../../../../src/lib/instrument/process/run-worker.js'
import { benchInference, INFERENCE_PLAN } from '../../../support/inference-bench.js'
import { ALONE, VLLM } from '../../../support/measured.js'
import { plainServer } from '../../../support/plain-server.js'
import { SimulatorHost } from '../../../support/simulators.js'

const WORKER = fileURLToPath(new URL('../../../../src/lib/app/worker-main.ts', import.meta.url))
const ARGV = [process.execPath, '--import', 'tsx', WORKER]
const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })
const load: LoadPlan = {
  ...{ kind: 'rate', ratePerSecond: 80, arrival: 'poisson', burstiness: 1, maxInFlight: null },
}
const withWorkers = (count: number) => ({
  order: { workers: Array(count - 1).fill(ARGV) as string[][] },
})

describe('several workers', function () {
  let host: SimulatorHost
  before(() => (host = new SimulatorHost()))
  after(() => host.end())

  it('send the same at the same times as one, and their figures are one result', async () => {
    await using simulator = await host.start({ ttftMs: constant(20), itlMs: constant(2) })
    await using plain = await plainServer()
    const runs = []
    const bodies = []
    for (const clients of [1, 2, 3]) {
      const plan: Partial<InferencePlan> = { clients, load, numPrompts: 60, salt: 's' }
      runs.push(await benchInference(simulator.url, plan, withWorkers(clients)))
      if (clients === 2) continue
      // A closed loop of all at once, since this server is in our own process.
      const all = { kind: 'concurrency', concurrency: 30 } as const
      const before = plain.asked.length
      const { rows } = await benchInference(
        plain.url,
        { ...plan, load: all, numPrompts: 30 },
        withWorkers(clients),
      )
      expect(rows).to.have.length(30)
      bodies.push(
        plain.asked
          .slice(before + 1)
          .map(({ text }) => text)
          .sort(),
      )
    }
    const [one] = runs
    for (const { result, rows } of runs) {
      const { clients } = result.workload
      expect(result.requests).to.include({ issued: 60, ok: 60, failed: 0, dropped: 0 })
      expect(result.workload.scheduleHash).to.equal(one.result.workload.scheduleHash)
      const due = (list: typeof rows) =>
        list.map(({ index, dueMs }) => [index, dueMs]).sort(([a], [b]) => a! - b!)
      expect(due(rows)).to.deep.equal(due(one.rows))
      expect(new Set(rows.map(({ worker }) => worker)).size).to.equal(clients)
      expect(result.instrument.workers).to.equal(clients)
      expect(result.throughput.outputTokens).to.equal(480)
      expect(result.metrics.itlMs.n).to.equal(60 * 7)
      expect(result.server.check.verdict).to.equal('reconciled')
    }
    expect(bodies[1]).to.deep.equal(bodies[0])
  })

  it('are no more than requests that may be in flight', async () => {
    await using plain = await plainServer()
    const { result } = await benchInference(
      plain.url,
      { clients: 2, load: { kind: 'concurrency', concurrency: 1 } },
      withWorkers(2),
    )
    expect(result.requests.ok).to.equal(20)
    expect(result.workload.clients).to.equal(1)
  })

  it('say so when one of them can’t start, or dies', async () => {
    await using plain = await plainServer()
    for (const argv of [
      ['/no/such/program'],
      ['sh', '-c', 'echo "srun: error: node down" >&2; exit 1'],
    ]) {
      const error = await benchInference(
        plain.url,
        { clients: 2 },
        { order: { workers: [argv] } },
      ).then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      expect(error).to.include({ code: 'AIB_WORKER_LOST' })
      expect((error as Error & { evidence: string }).evidence).to.match(/ENOENT|node down/)
    }
  })

  it('end early together, though only the leader was told, and leave one file of records', async () => {
    await using simulator = await host.start({ ttftMs: constant(5), itlMs: constant(2) })
    const { result, rows } = await benchInference(
      simulator.url,
      { clients: 2, load, numPrompts: 100_000, durationMs: 30_000 },
      {
        ...withWorkers(2),
        on: (event, stop) =>
          void (event.type === 'phase' && event.phase === 'requests' && setTimeout(stop, 1_500)),
      },
    )
    expect(result.complete).to.equal(false)
    expect(result.throughput.durationMs).to.be.below(30_000)
    expect(rows).to.have.length(result.requests.ok)
    expect(new Set(rows.map(({ worker }) => worker)).size).to.equal(2)
  })

  it('as a process of its own: calibrated, with its files, and nothing else left', async () => {
    await using simulator = await host.start({ ttftMs: constant(5), itlMs: constant(1) })
    const runDir = await mkdtemp(join(tmpdir(), 'aibench-worker-'))
    const events: InferenceEvent[] = []
    try {
      const result = await runWorker({
        argv: ARGV,
        order: {
          ...{ kind: 'inference', plan: { ...INFERENCE_PLAN, clients: 2 }, url: simulator.url },
          ...{ ...ALONE, service: VLLM, model: null, gpuIds: null },
          ...{ serverPid: process.pid, workers: [ARGV], runDir },
          ...{ runId: 'abcd', provenance: { simulated: true } },
        } as { runDir: string },
        result: InferenceResultSchema,
        onEvent: (event: InferenceEvent) => events.push(event),
        signal: new AbortController().signal,
      })
      expect(result).to.include({ complete: true, simulated: true, runId: 'abcd' })
      expect(result.requests.ok).to.equal(20)
      expect(result.instrument.ceilingEventsPerSecond).to.be.above(0)
      expect(result.instrument.shareOfCeiling).to.be.above(0)
      expect(result.server.peakRssBytes).to.be.above(30e6)
      const done = events.filter(({ type }) => type === 'phase-done')
      expect(done.map((event) => 'phase' in event && event.phase)).to.deep.equal([
        ...['server', 'dataset', 'workers', 'requests', 'calibrate'],
      ])
      expect((await readdir(runDir)).sort()).to.deep.equal([
        ...['order.json', 'owner.json', 'plan.json', 'receipt.json', 'requests.ndjson'],
        ...['result.json', 'series.ndjson', 'worker.json'],
      ])
      expect(
        (await readFile(join(runDir, 'requests.ndjson'), 'utf8')).trim().split('\n'),
      ).to.have.length(20)
    } finally {
      await rm(runDir, { recursive: true })
    }
  })
})
