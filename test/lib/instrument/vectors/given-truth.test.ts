import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDataset } from '../../../../src/lib/instrument/vectors/dataset.js'
import { Distances, type Space } from '../../../../src/lib/instrument/vectors/distance.js'
import { truthFrom } from '../../../../src/lib/instrument/vectors/given-truth.js'
import { search } from '../../../../src/lib/instrument/vectors/truth/ground-truth.js'
import type { VectorPlan } from '../../../../src/lib/instrument/vectors/plan.js'
import { Rng } from '../../../../src/lib/instrument/rng.js'
import type { UsageError } from '../../../../src/lib/platform/errors.js'

const [VECTORS, QUERIES, DIM, K] = [400, 12, 8, 5]

function vecs(rows: readonly ArrayLike<number>[], Row: typeof Float32Array | typeof Int32Array) {
  const parts = rows.flatMap((row) => [
    Buffer.from(Int32Array.of(row.length).buffer),
    Buffer.from(Row.from(row).buffer),
  ])
  return Buffer.concat(parts)
}

/** Of different lengths, so that each space has neighbours of its own. */
function randomRows(count: number, stream: string): Float32Array[] {
  const rng = new Rng(1, stream)
  return Array.from({ length: count }, () => {
    const length = 0.5 + Math.abs(rng.normal()) * 3
    return Float32Array.from({ length: DIM }, () => rng.normal() * length)
  })
}

describe('queries and truth of the user’s own', () => {
  let dir: string
  let truth: number[][]
  const plan = (more: Partial<VectorPlan> = {}): VectorPlan => ({
    schema: 'aibench/vector-plan/1',
    dataset: { kind: 'file', path: join(dir, 'base.fvecs'), seed: 1 },
    ...{ space: 'l2', k: K, queries: 1000, batch: 100, concurrency: [1], ratePerSecond: null },
    ...{ durationMs: 100, repeats: 1, client: 'raw', seed: 1, slo: [], errorRateLimit: 0.01 },
    keepCollection: false,
    ...{ goodput: null, findMaxRate: false, clients: 1 },
    queryFile: join(dir, 'query.fvecs'),
    truthFile: join(dir, 'truth.ivecs'),
    ...more,
  })
  const putTruth = (rows: number[][]) => writeFile(join(dir, 'truth.ivecs'), vecs(rows, Int32Array))
  const load = async (space: Space = 'l2', k = K, more: Partial<VectorPlan> = {}) => {
    const dataset = await loadDataset(plan({ space, k, ...more }))
    return truthFrom(dataset.given!, dataset, new Distances(dataset, space), { k, space })
  }
  const refused = async (work: Promise<unknown>) => {
    const error = (await work.then(
      () => expect.fail('was not refused'),
      (thrown: unknown) => thrown,
    )) as UsageError
    expect(error).to.include({ exitCode: 2, code: 'AIB_VECTOR_FILE' })
    return error
  }

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'aibench-truth-'))
    await writeFile(join(dir, 'base.fvecs'), vecs(randomRows(VECTORS, 'base'), Float32Array))
    await writeFile(join(dir, 'query.fvecs'), vecs(randomRows(QUERIES, 'query'), Float32Array))
    const dataset = await loadDataset(plan({ truthFile: undefined }))
    const { ids } = await search(dataset, { k: K + 3, space: 'l2' })
    truth = Array.from({ length: QUERIES }, (_, q) => [
      ...ids.subarray(q * (K + 3), (q + 1) * (K + 3)),
    ])
  })
  beforeEach(() => putTruth(truth))
  after(() => rm(dir, { recursive: true }))

  it('are all that is asked for, of all that is ingested', async () => {
    const dataset = await loadDataset(plan())
    expect(dataset).to.include({ count: VECTORS, queryCount: QUERIES, dim: DIM, space: 'l2' })
    const taken = await load()
    expect(taken.checked).to.equal(QUERIES)
    expect([...taken.ids.subarray(0, K)]).to.deep.equal(truth[0].slice(0, K))
    const exact = await search(dataset, { k: K, space: 'l2' })
    expect([...taken.kthDistance]).to.deep.equal([...exact.kthDistance])
  })

  it('of another distance are refused, with the one that fits', async () => {
    const error = await refused(load('cosine'))
    expect(error.message).to.match(
      /not the truth of these vectors in cosine: of query \d+ neighbour 5 is at/,
    )
    expect(error.hints).to.deep.equal(['aibench chroma bench --space l2'])
  })

  for (const { title, change, says } of [
    {
      title: 'for fewer queries',
      change: () => truth.slice(1),
      says: /neighbours of 11 queries, and there are 12/,
    },
    {
      title: 'of other vectors',
      change: () => truth.map((row) => row.map((id) => (id + 1) % VECTORS)),
      says: /not the truth/,
    },
    {
      title: 'in the order of other queries',
      change: () => [...truth.slice(1), truth[0]],
      says: /not the truth/,
    },
    {
      title: 'with a number beyond the vectors',
      change: () => truth.map((row) => [VECTORS, ...row]),
      says: /neighbour 0 of query 0 is vector 400, and there are 400 vectors/,
    },
    {
      title: 'padded with -1',
      change: () => truth.map((row) => [row[0], -1, ...row]),
      says: /neighbour 1 of query 0 is vector -1/,
    },
  ])
    it(`are refused ${title}`, async () => {
      await putTruth(change())
      expect((await refused(load())).message).to.match(says)
    })

  it('need k neighbours a query', async () => {
    const error = await refused(load('l2', 20))
    expect(error.message).to.match(/8 neighbours a query, and k is 20/)
    expect(error.hints).to.deep.equal(['aibench chroma bench --k 8'])
  })

  it('of a part of the vectors are not those of the whole', async () => {
    const dataset = { kind: 'file' as const, path: join(dir, 'base.fvecs'), seed: 1, vectors: 50 }
    expect((await refused(load('l2', K, { dataset }))).message).to.match(
      /is vector \d+, and there are 50/,
    )
  })

  it('with other dimensions than the vectors are refused', async () => {
    const queryFile = join(dir, 'short.fvecs')
    await writeFile(queryFile, vecs([[1, 2, 3]], Float32Array))
    const error = await refused(loadDataset(plan({ queryFile, truthFile: undefined })))
    expect(error.message).to.match(/short\.fvecs: it has 3 dimensions, and .*base\.fvecs has 8/)
  })
})
