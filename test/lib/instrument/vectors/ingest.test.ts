import { expect } from 'chai'
import { RequestError } from '../../../../src/lib/instrument/http/request-error.js'
import type { Dataset } from '../../../../src/lib/instrument/vectors/dataset.js'
import type { VectorEngine } from '../../../../src/lib/instrument/vectors/engine.js'
import {
  batchSize,
  ingest,
  summarizeIngest,
} from '../../../../src/lib/instrument/vectors/ingest.js'
import { levelsOf } from '../../../../src/lib/instrument/vectors/levels.js'
import { summarizeLevel, type Measurement } from '../../../../src/lib/instrument/vectors/summary.js'
import { QueryTally } from '../../../../src/lib/instrument/vectors/tally.js'
import type { VectorPlan } from '../../../../src/lib/instrument/vectors/plan.js'

const DATASET = {
  count: 7,
  dim: 2,
  base: Float32Array.from({ length: 14 }, (_, i) => i),
} as Dataset

/** Keeps what came; the batch with the number `failing` is refused, and at that with `stopping` somebody ends the run. */
function engine({ failing, stop }: { failing?: number; stop?: () => void } = {}) {
  const got: { first: number; rows: number[] }[] = []
  let [inFlight, most, sent] = [0, 0, 0]
  const prepareBatch: VectorEngine['prepareBatch'] = (first, rows) => ({
    bytes: rows.length * 10,
    send: async () => {
      most = Math.max(most, ++inFlight)
      await new Promise((go) => setImmediate(go))
      inFlight--
      if (++sent === failing) throw new RequestError('http_500', 'no')
      got.push({ first, rows: [...rows] })
      if (sent === 2) stop?.()
    },
  })
  const one = { prepareBatch } as VectorEngine
  return { one, got, most: () => most }
}

const context = (signal = new AbortController().signal) => ({
  ...{ repeat: 0, originMs: 0, serverPid: null, signal },
})

describe('an ingest', () => {
  it('brings every vector once, in order, one call at a time; the last may be smaller', async () => {
    const { one, got, most } = engine()
    const added: number[] = []
    const done = await ingest(one, DATASET, 3, { ...context(), onAdded: (n) => added.push(n) })
    expect(got.map(({ first }) => first)).to.deep.equal([0, 3, 6])
    expect(got.flatMap(({ rows }) => rows)).to.deep.equal([...DATASET.base])
    expect([done.vectors, done.bytes, done.failure, most()]).to.deep.equal([7, 140, undefined, 1])
    expect(added).to.deep.equal([3, 6, 7])
    expect(done.records.map(({ item }) => item)).to.deep.equal([0, 1, 2])
  })

  it('ends at the first refusal, which is counted and no time of success', async () => {
    const { one, got } = engine({ failing: 2 })
    const done = await ingest(one, DATASET, 3, context())
    expect([done.vectors, got.length, done.latenciesMs.length]).to.deep.equal([3, 1, 1])
    expect(done.failure).to.include({ errorClass: 'http_500', bytes: 60 })
    expect(done.records.map(({ error }) => error)).to.deep.equal([undefined, 'http_500'])
    expect(summarizeIngest([done])).to.include({ vectors: 3, batches: 2, errors: 1, bytesSent: 60 })
  })

  it('that is interrupted begins no further batch', async () => {
    const stop = new AbortController()
    const { one } = engine({ stop: () => stop.abort() })
    expect((await ingest(one, DATASET, 3, context(stop.signal))).vectors).to.equal(6)
  })

  it('of several repeats has the rate of all together, and the size of one', async () => {
    const done = await ingest(engine().one, DATASET, 3, context())
    const of = (durationMs: number) => ({ ...done, durationMs })
    const { vectorsPerSecond, vectors, repeats } = summarizeIngest([of(1_000), of(3_000)])
    expect([vectorsPerSecond, vectors]).to.deep.equal([3.5, 7])
    expect([repeats.n, repeats.max]).to.deep.equal([2, 7])
  })
})

describe('the size of a batch', () => {
  const limits = { maxBatch: 5_461, maxBytes: 40 * 1024 * 1024 }
  it('is what was asked for, what the server takes, or what fits into a request', () => {
    expect(batchSize(500, 384, limits)).to.equal(500)
    expect(batchSize(10_000, 384, limits)).to.equal(5_461)
    const large = batchSize(10_000, 4_096, limits)
    expect(large).to.be.within(1, 5_460)
    expect(large * 4_096 * 5.34).to.be.at.most(limits.maxBytes)
  })

  it('is refused when not even one vector fits', () => {
    expect(() => batchSize(1, 4_096, { maxBatch: 10, maxBytes: 1_000 })).to.throw(
      /A vector of 4096 dimensions is larger/,
    )
  })
})

describe('the levels of a run', () => {
  const levels = (change: Partial<VectorPlan>) =>
    levelsOf({ concurrency: [1], ratePerSecond: null, ...change } as VectorPlan)

  it('are ascending, each once, with the sequential one whether asked for or not', () => {
    expect(levels({ concurrency: [8, 2, 8] }).map((level) => level.concurrency)).to.deep.equal([
      ...[1, 2, 8],
    ])
  })

  it('of a rate are the sequential one and that', () => {
    expect(levels({ concurrency: [8], ratePerSecond: 100 })).to.deep.equal([
      { mode: 'closed', concurrency: 1, ratePerSecond: null },
      { mode: 'open', concurrency: 1, ratePerSecond: 100 },
    ])
  })

  interface Query {
    endMs: number
    recall?: number
    error?: string
  }
  const query: Query = { endMs: 14, recall: 0.5 }
  const failed: Query = { endMs: 1_000, error: 'timeout' }
  const measured = (queries: readonly Query[]): Measurement => {
    const tally = new QueryTally()
    const { table } = tally
    for (const { endMs, recall, error } of queries) {
      const errorClass = error === undefined ? -1 : table.classOf(error, '')
      table.add({ dueMs: 0, sentMs: 10, endMs, recall, errorClass })
    }
    const connections = { opened: 0, reused: 0, resent: 0, connectMs: [] }
    return {
      outcome: {
        ...{ table, tally, startMs: 0, steady: null, wallMs: 1_000, dropped: 0, isLost: false },
        connections,
      },
      usage: { clientCores: 0.5, serverCores: null },
    }
  }
  const summary = (plan: Parameters<typeof summarizeLevel>[0], repeats: Measurement[]) =>
    summarizeLevel(plan, repeats, null)

  it('count a failure as a failure, and never as a query that was answered', () => {
    const level = summary(levels({})[0], [
      measured([query, { ...query, recall: 1 }, failed]),
      measured([query, failed]),
    ])
    expect(level).to.deep.include({
      ...{ issued: 5, ok: 3, errors: 2, errorsByClass: { timeout: 2 } },
      ...{ queriesPerSecond: 1.5, p50Ms: 4, p99Ms: 4, serverCores: null, fromSchedule: null },
    })
    expect(level.recallAtK).to.be.closeTo(2 / 3, 1e-9)
    expect(level.repeats.queriesPerSecond).to.include({ n: 2, min: 1, max: 2 })
  })

  it('of a rate count from when a query was due, too', () => {
    const [, open] = levels({ ratePerSecond: 100 })
    const level = summary(open, [measured([query])])
    expect([level.p50Ms, level.fromSchedule!.p50Ms]).to.deep.equal([4, 14])
  })

  it('without one answer have no figures, and are no crash', () => {
    const level = summary(levels({})[0], [measured([failed])])
    expect([level.ok, level.queriesPerSecond, level.p99Ms, level.recallAtK]).to.deep.equal([
      ...[0, 0, null, null],
    ])
    expect(summary(levels({})[0], [])).to.include({ issued: 0, p99Ms: null })
  })
})
