import { expect } from 'chai'
import { loadDataset, type Dataset } from '../../../../src/lib/instrument/vectors/dataset.js'
import { Distances } from '../../../../src/lib/instrument/vectors/distance.js'
import { search } from '../../../../src/lib/instrument/vectors/truth/ground-truth.js'
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
  let judge: RecallJudge
  before(async () => {
    judge = new RecallJudge(await search(LINE, { k: 3, space: 'l2' }), distances, LINE.count)
  })
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
