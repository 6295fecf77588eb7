import { expect } from 'chai'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDataset, type Dataset } from '../../../../src/lib/instrument/vectors/dataset.js'
import { Distances } from '../../../../src/lib/instrument/vectors/distance.js'
import { groundTruthOf, search } from '../../../../src/lib/instrument/vectors/ground-truth.js'
import type { VectorPlan } from '../../../../src/lib/instrument/vectors/plan.js'
import { RecallJudge } from '../../../../src/lib/instrument/vectors/recall.js'

/** Base vectors on a line, the query at zero: distances are squares. Rows 2 and 3 are equally far. */
const LINE: Dataset = {
  ...{ name: 'line', count: 5, dim: 1, queryCount: 1, hash: 'line' },
  ...{ space: 'l2' as const, given: null },
  base: Float32Array.of(1, 2, 3, -3, 10),
  queries: Float32Array.of(0),
}

const generated = (kind: 'clustered' | 'iid', seed = 1) =>
  loadDataset({
    dataset: { kind, vectors: 600, dim: 24, seed },
    queries: 20,
  } as VectorPlan)

describe('recall', () => {
  const distances = new Distances(LINE, 'l2')
  const judge = new RecallJudge(search(LINE, distances, 3), distances, LINE.count)
  for (const { title, ids, recall } of [
    { title: 'all of them', ids: ['0', '1', '2'], recall: 1 },
    { title: 'in another order', ids: ['2', '0', '1'], recall: 1 },
    { title: 'the other of two that are equally far', ids: ['0', '1', '3'], recall: 1 },
    { title: 'one that is too far', ids: ['0', '1', '4'], recall: 2 / 3 },
    { title: 'one twice', ids: ['0', '0', '1'], recall: 2 / 3 },
    { title: 'padding with -1', ids: ['0', '-1', '-1'], recall: 1 / 3 },
    { title: 'ids of another collection', ids: ['0', '99', 'x'], recall: 1 / 3 },
    { title: 'an empty answer', ids: [], recall: 0 },
    { title: 'more than k', ids: ['4', '0', '1', '2'], recall: 2 / 3 },
  ])
    it(`of ${title} is ${recall.toFixed(2)}`, () => {
      expect(judge.recall(0, ids)).to.be.closeTo(recall, 1e-9)
      expect(judge.recall(0, ids), 'when it is said again').to.be.closeTo(recall, 1e-9)
    })
})

describe('the ground truth', () => {
  for (const space of ['cosine', 'l2', 'ip'] as const)
    it(`has the nearest in ${space}, as a plain sort finds them`, async () => {
      const data = await generated('iid')
      const { base, queries, dim, count } = data
      const { ids } = search(data, new Distances(data, space), 5)
      const plain = (q: number, v: number) => {
        let [dot, a, b] = [0, 0, 0]
        for (let d = 0; d < dim; d++) {
          const [x, y] = [queries[q * dim + d], base[v * dim + d]]
          ;[dot, a, b] = [dot + x * y, a + x * x, b + y * y]
        }
        return { cosine: 1 - dot / Math.sqrt(a * b), l2: a + b - 2 * dot, ip: 1 - dot }[space]
      }
      for (let q = 0; q < data.queryCount; q++) {
        const sorted = Array.from({ length: count }, (_, v) => v)
          .sort((v, w) => plain(q, v) - plain(q, w))
          .slice(0, 5)
        expect([...ids.subarray(q * 5, q * 5 + 5)]).to.deep.equal(sorted)
      }
    })

  it('is kept by content, and made again when the file is damaged', async () => {
    const cacheDir = join(await mkdtemp(join(tmpdir(), 'aibench-truth-')), 'new')
    const data = await generated('clustered')
    const distances = new Distances(data, 'cosine')
    const ask = (k = 5) => groundTruthOf(data, distances, { k, space: 'cosine', cacheDir })
    const first = await ask()
    const [name] = await readdir(cacheDir)
    expect(await ask()).to.deep.equal(first)
    const bytes = await readFile(join(cacheDir, name))
    bytes[40] ^= 1
    await writeFile(join(cacheDir, name), bytes)
    expect(await ask()).to.deep.equal(first)
    expect(await readFile(join(cacheDir, name)), 'mended').not.to.deep.equal(bytes)
    await ask(6)
    expect(await readdir(cacheDir)).to.have.lengthOf(2)
    await rm(cacheDir, { recursive: true })
  })
})

describe('generated data', () => {
  it('is the same for a seed and another for another', async () => {
    expect((await generated('clustered')).hash).to.equal((await generated('clustered')).hash)
    expect((await generated('clustered', 2)).hash).not.to.equal((await generated('clustered')).hash)
  })

  it('has near neighbours when clustered, and none when independent', async () => {
    const contrast = async (kind: 'clustered' | 'iid') => {
      const data = await generated(kind)
      const distances = new Distances(data, 'cosine')
      let ratio = 0
      for (let q = 0; q < data.queryCount; q++) {
        const all = Array.from({ length: data.count }, (_, v) => distances.between(q, v)).sort(
          (a, b) => a - b,
        )
        ratio += all[0] / all[data.count >> 1] / data.queryCount
      }
      return ratio
    }
    expect(await contrast('clustered')).to.be.below(0.2)
    expect(await contrast('iid')).to.be.above(0.2)
  })
})
