import { expect } from 'chai'
import { getEventListeners, once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BesideServer } from '../../../../src/lib/instrument/load/beside-server.js'
import { ceilingOf } from '../../../../src/lib/instrument/load/ceiling.js'
import { Conductor } from '../../../../src/lib/instrument/load/conductor.js'
import { Coordinator } from '../../../../src/lib/instrument/load/coordinator.js'
import type { LoadPlan } from '../../../../src/lib/instrument/load/plan.js'
import { startRemoteWorkers } from '../../../../src/lib/instrument/load/remote-worker-process.js'
import { findMaxRate } from '../../../../src/lib/instrument/load/search.js'
import {
  connectionsOf,
  judgeClient,
  lagsOf,
} from '../../../../src/lib/instrument/load/self-check.js'
import { Worker } from '../../../../src/lib/instrument/load/worker.js'
import type { Growth } from '../../../../src/lib/instrument/process/worker-events.js'
import type { LoadSample } from '../../../../src/lib/instrument/load/workload.js'
import { OPEN, openAccess } from '../../../../src/lib/instrument/http/access.js'
import {
  toyPool,
  toyRequest,
  ToyWorkload,
  valueOf,
  type ToyConfig,
  type ToyRepeat,
} from '../../../support/toy-protocol/protocol.js'

const PROGRAM = fileURLToPath(new URL('../../../support/toy-protocol/worker.ts', import.meta.url))
const ARGV = [process.execPath, '--import', 'tsx', PROGRAM]
const closed = (concurrency: number): LoadPlan => ({ kind: 'concurrency', concurrency })
const RATE: LoadPlan = {
  kind: 'rate',
  ratePerSecond: 200,
  arrival: 'poisson',
  burstiness: 1,
  maxInFlight: null,
}
const keysTo = (count: number) => Array.from({ length: count }, (_, key) => key)

/** The toy's server. @param answer what it says to a key */
async function toyServer(answer: (key: number) => string = valueOf) {
  const asked: number[] = []
  const server = createServer((incoming, outgoing) => {
    const key = Number(incoming.url!.slice(1))
    asked.push(key)
    outgoing.end(answer(key))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** All that measures it, with so many workers. */
async function toyBench(url: string, workers: number) {
  const runDir = await mkdtemp(join(tmpdir(), 'aibench-toy-'))
  const config: ToyConfig = { runDir, url, workers: Array(workers - 1).fill(ARGV) as string[][] }
  const { signal } = new AbortController()
  const samples: LoadSample[] = []
  const growths: Growth[] = []
  const tell = (growth: Growth) => void growths.push(growth)
  const workload = new ToyWorkload(config)
  const shard = { index: 0, of: workers }
  const emit = (sample: LoadSample) => void samples.push(sample)
  const leader = new Worker({ workload, runDir, shard, emit, tell, signal })
  const others = await startRemoteWorkers<ToyRepeat, LoadSample, ToyConfig>(
    workers,
    { of: 'toy', config, context: null },
    PROGRAM,
    { sample: emit, growth: tell, lost: () => undefined },
  )
  const coordinator = new Coordinator(leader, others, signal, 20_000)
  const { http } = await openAccess(url, OPEN)
  const conductor = new Conductor(
    coordinator,
    new BesideServer({ url, path: null, serverPid: null }, http),
  )
  return {
    ...{ conductor, coordinator, samples, growths, signal },
    /** Behind its end. */
    records: async (worker: number) => {
      const name = worker === 0 ? 'requests.ndjson' : `requests-${worker}.ndjson`
      const text = await readFile(join(runDir, name), 'utf8')
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { key: number })
    },
    end: async () => {
      await conductor.end()
      await leader.close()
    },
    [Symbol.asyncDispose]: () => rm(runDir, { recursive: true }),
  }
}

describe('a protocol that the load layer has never heard of', function () {
  this.timeout(60_000)

  for (const [name, load] of [
    ['a closed loop', closed(6)],
    ['a schedule', RATE],
  ] as const)
    it(`is measured by two workers in ${name}, each with its own half, as one repeat`, async () => {
      using server = await toyServer()
      await using bench = await toyBench(server.url, 2)
      await bench.coordinator.warmUp({ repeat: -1, load: closed(2), count: 4 })
      server.asked.length = 0
      const outcome = await bench.conductor.measure({ repeat: 0, load, count: 100 })
      expect(outcome.table.count).to.equal(100)
      expect(outcome.tally.keys.sort((a, b) => a - b)).to.deep.equal(keysTo(100))
      expect(server.asked.sort((a, b) => a - b)).to.deep.equal(keysTo(100))
      const bytes = outcome.table.values((row) => outcome.table.get(row, 'bytes'))
      expect(new Set(bytes)).to.deep.equal(new Set([valueOf(1).length, valueOf(10).length]))
      expect(outcome).to.include({ isLost: false, dropped: 0 })
      // Those of the warm-up too, and all before the repeat is over.
      const told = bench.growths.map(({ counters }) => counters.ok ?? 0)
      expect(told.reduce((sum, ok) => sum + ok, 0)).to.equal(104)
      const timed = bench.growths.flatMap(({ times }) => times.duration?.counts ?? [])
      expect(timed.reduce((sum, [, count]) => sum + count, 0)).to.equal(104)
      expect(bench.conductor.usageOf([outcome])).to.include({ workers: 2 })
      await bench.end()
      const halves = await Promise.all([0, 1].map((worker) => bench.records(worker)))
      expect(halves.map((rows) => rows.map(({ key }) => key % 2))).to.deep.equal([
        Array(50).fill(0),
        Array(50).fill(1),
      ])
    })

  it('says of each request what its own verdict is', async () => {
    using server = await toyServer((key) => (key % 5 === 0 ? 'nonsense' : valueOf(key)))
    await using bench = await toyBench(server.url, 1)
    const { table } = await bench.conductor.measure({ repeat: 0, load: closed(3), count: 20 })
    await bench.end()
    const bad = keysTo(20).filter((row) => !table.isOk(row))
    expect(bad.map((row) => table.get(row, 'index')).sort((a, b) => a - b)).to.deep.equal([
      0, 5, 10, 15,
    ])
    expect([table.classes, table.examples]).to.deep.equal([['wrong_value'], ['nonsense']])
  })

  it('is measured again and again on one signal, which hears of nothing that has ended', async () => {
    using server = await toyServer()
    await using bench = await toyBench(server.url, 1)
    const heard = () => getEventListeners(bench.signal, 'abort').length
    const before = heard()
    for (let repeat = 0; repeat < 3; repeat++)
      await bench.conductor.measure({ repeat, load: RATE, count: 10 })
    expect(heard()).to.equal(before)
    await bench.end()
  })

  it('can be searched for its highest rate, and the client judged', async () => {
    using server = await toyServer()
    await using bench = await toyBench(server.url, 1)
    const most = 330
    let repeat = 0
    const found = await findMaxRate(
      100,
      async (ratePerSecond) => {
        const outcome = await bench.conductor.measure({
          ...{ repeat: repeat++, load: RATE, count: 20, ratePerSecond },
        })
        const usage = bench.conductor.usageOf([outcome])
        const judgement = judgeClient({
          lagsMs: lagsOf([outcome]),
          measured: { name: 'the wait', typicalMs: null },
          perSecond: (outcome.table.count / outcome.wallMs) * 1000,
          ceilingPerSecond: null,
          cores: 2,
          ...usage,
        })
        expect(judgement.dispatchLag.p99Ms).to.be.at.least(0)
        expect(connectionsOf([outcome]).opened).to.be.at.least(8)
        return {
          result: ratePerSecond,
          missed: ratePerSecond > most ? ['rate'] : [],
          requests: { issued: outcome.table.count, failed: 0 },
          // How busy this machine is does not matter here.
          instrument: { ...judgement, verdict: 'ok', saturated: false },
          achievedPerSecond: ratePerSecond,
          peakConcurrency: 2,
          lastResponsesMs: 60_000,
          ...{ scheduledMs: outcome.wallMs, wallMs: outcome.wallMs, own: { keys: 20 } },
        }
      },
      () => false,
    )
    await bench.end()
    expect(found.best!.result).to.be.within(most / 1.05, most)
    expect(found.boundBy).to.equal('server')
    expect(found.steps[0]).to.include({ ratePerSecond: 100, keys: 20, verdict: 'ok' })
  })

  it('has a ceiling, from a server that says what the protocol says', async () => {
    const value = valueOf(7)
    const text = `HTTP/1.1 200 OK\r\ncontent-length: ${value.length}\r\n\r\n${value}`
    const found = await ceilingOf(PROGRAM, {
      answer: { pieces: [Buffer.from(text)], isPaced: false },
      connect: toyPool,
      request: (url) => toyRequest(url, 7),
      sliceMs: 50,
    })
    expect(found.requestsPerCpuSecond).to.be.above(0)
  })
})
