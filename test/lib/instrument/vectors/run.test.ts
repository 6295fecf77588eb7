import { expect } from 'chai'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import type { RequestRecord } from '../../../../src/lib/instrument/vectors/records.js'
import { VectorResultSchema } from '../../../../src/lib/instrument/vectors/result.js'
import { fakeChroma } from '../../../fixtures/fake-chroma.js'
import { benchVectors, vectorConfig, WORKER } from '../../../support/vector-bench.js'

describe('a vector benchmark', function () {
  this.timeout(60_000)
  let dir: string
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-vectors-'))))
  afterEach(() => rm(dir, { recursive: true }))

  const records = async () =>
    (await readFile(join(dir, 'requests.ndjson'), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RequestRecord)

  it('measures every level in every repeat, and leaves the server as it was', async () => {
    await using server = await fakeChroma()
    const { result, events } = await benchVectors(vectorConfig(dir, server.url))
    expect(v.safeParse(VectorResultSchema, result).success).to.equal(true)
    expect(result).to.deep.include({ complete: true, errors: [] })
    expect(result.sequential).to.include({ concurrency: 1, recallAtK: 1, peakInFlight: 1 })
    expect(result.concurrent.map(({ concurrency }) => concurrency)).to.deep.equal([1, 4])
    expect(result.concurrent[1].peakInFlight).to.equal(4)
    expect(result.concurrent[1].repeats.p50Ms.n).to.equal(2)
    expect(result.concurrent[1].steady!.durationMs).to.be.above(0)
    expect([server.dropped, server.collections()]).to.deep.equal([[300, 300], []])
    const levels = events.flatMap((one) =>
      one.type === 'phase' && one.phase === 'level' ? [one.text] : [],
    )
    expect(levels).to.deep.equal([
      'c=1, repeat 1 of 2',
      'c=4, repeat 1 of 2',
      'c=1, repeat 2 of 2',
      'c=4, repeat 2 of 2',
    ])
  })

  it('keeps a line for every batch and every query that was measured', async () => {
    await using server = await fakeChroma()
    const { result } = await benchVectors(vectorConfig(dir, server.url))
    const all = await records()
    expect(all.filter(({ phase }) => phase === 'ingest')).to.have.lengthOf(6)
    const queries = all.filter(({ phase, level }) => phase === 'query' && level === 4)
    expect(queries).to.have.lengthOf(result.concurrent[1].issued)
    expect(queries.every(({ recall }) => recall === 1)).to.equal(true)
    expect(new Set(queries.map(({ item }) => item))).to.have.property('size', 20)
    const sent = all.map(({ sentMs }) => sentMs)
    expect(Math.min(...sent)).to.be.above(0)
    const byPhase = (phase: string) => all.filter((one) => one.phase === phase)
    expect(byPhase('query')[0].sentMs).to.be.above(byPhase('ingest').at(-1)!.sentMs)
  })

  it('counts what fails by its class, and no time of it', async () => {
    await using server = await fakeChroma({
      failQuery: (n) => (n % 3 === 0 ? 500 : undefined),
      sayInstead: (n) => (n % 3 === 1 ? '{"ids":7}' : undefined),
    })
    const { result } = await benchVectors(vectorConfig(dir, server.url, { repeats: 1 }))
    const { errorsByClass, ok, errors, issued, latency } = result.concurrent[1]
    expect(Object.keys(errorsByClass).sort()).to.deep.equal(['bad_answer', 'http_500'])
    expect(ok + errors).to.equal(issued)
    expect(latency.n).to.equal(ok)
    expect(result.requests.failed).to.equal(
      result.errors.reduce((sum, { count }) => sum + count, 0),
    )
    expect(result.errors.find((one) => one.class === 'bad_answer')!.example).to.match(/no ids/)
  })

  it('is made by several processes as by one: every query once, judged by the one that leads', async () => {
    await using server = await fakeChroma()
    const plan = { clients: 2, concurrency: [4], repeats: 1, ratePerSecond: null }
    const { result } = await benchVectors(vectorConfig(dir, server.url, plan), {
      program: WORKER,
    })
    const [level] = result.concurrent
    expect(result.workload.clients).to.equal(2)
    expect(level).to.include({ recallAtK: 1, errors: 0 })
    expect(level.peakInFlight).to.equal(4)
    const queries = (await records()).filter(({ phase, level: l }) => phase === 'query' && l === 4)
    expect(queries).to.have.lengthOf(level.issued)
    expect(queries.every(({ recall }) => recall === 1)).to.equal(true)
    expect((await readdir(dir)).sort()).to.deep.equal([
      ...['cache', 'plan.json', 'requests.ndjson', 'result.json', 'series.ndjson'],
    ])
  })

  it('has the same arrivals for any number of processes', async () => {
    await using server = await fakeChroma()
    const due = async (clients: number) => {
      const plan = { clients, ratePerSecond: 100, repeats: 1, durationMs: 500 }
      const { result } = await benchVectors(vectorConfig(dir, server.url, plan), {
        program: WORKER,
      })
      expect(result.concurrent[0].fromSchedule!.n).to.equal(result.concurrent[0].issued)
      const queries = (await records()).filter(({ ratePerSecond }) => ratePerSecond === 100)
      const [first] = queries.map(({ dueMs }) => dueMs).sort((a, b) => a - b)
      return queries
        .map(({ dueMs, item }) => ({ atMs: dueMs - first, item }))
        .sort((a, b) => a.atMs - b.atMs)
    }
    const [one, two] = [await due(1), await due(2)]
    expect(one.length).to.be.above(20)
    expect(two.map(({ item }) => item)).to.deep.equal(one.map(({ item }) => item))
    // Written to a microsecond.
    two.forEach(({ atMs }, i) => expect(atMs).to.be.closeTo(one[i].atMs, 0.01))
  })

  it('searches for a rate that keeps the thresholds, and says when none does', async () => {
    await using server = await fakeChroma({
      sayInstead: () => '{"ids":[["299","298","297","296","295"]]}',
    })
    const plan = { findMaxRate: true, slo: ['recall>=0.9'], goodput: 'recall>=0.9' }
    const { result } = await benchVectors(vectorConfig(dir, server.url, plan))
    const { search, concurrent } = result
    expect(search!.maxRatePerSecond).to.equal(null)
    expect(search!.steps.length).to.be.above(0)
    expect(search!.steps.every(({ met, reason }) => !met && reason !== null)).to.equal(true)
    expect(concurrent.map(({ mode }) => mode)).to.deep.equal(['open'])
    expect(concurrent[0].goodput!.shareOfIssued).to.be.below(0.5)
    expect(result.thresholds.map(({ met }) => met)).to.deep.equal([false])
  })
})
