import { expect } from 'chai'
import { UsageError } from '../../../../src/lib/platform/errors.js'
import { parallelOf, type ModelShape } from '../../../../src/lib/services/vllm/parallel.js'

const none = { tensorParallel: null, pipelineParallel: null, gpusPerNode: null, vllmArgs: [] }
const shape = (change: Partial<ModelShape>): ModelShape => ({
  ...{ architecture: null, context: null, heads: null, layers: null },
  ...change,
})

describe('how a model is spread', () => {
  for (const { title, asked, nodes, expected } of [
    { title: 'one process without GPUs', asked: {}, nodes: 1, expected: [1, 1] },
    { title: 'tensors over a node', asked: { gpusPerNode: 4 }, nodes: 1, expected: [4, 1] },
    { title: 'layers over the nodes', asked: { gpusPerNode: 4 }, nodes: 2, expected: [4, 2] },
    {
      title: 'tensors over all when so asked',
      asked: { gpusPerNode: 4, tensorParallel: 8 },
      nodes: 2,
      expected: [8, 1],
    },
    {
      title: 'the layers given decide the tensors',
      asked: { gpusPerNode: 4, pipelineParallel: 4 },
      nodes: 2,
      expected: [2, 4],
    },
    {
      title: 'two nodes without GPUs, a rank each',
      asked: { tensorParallel: 2 },
      nodes: 2,
      expected: [2, 1],
    },
    {
      title: 'copies of the model take GPUs too',
      asked: { gpusPerNode: 4, tensorParallel: 2, vllmArgs: ['--data-parallel-size=2'] },
      nodes: 1,
      expected: [2, 2],
    },
  ])
    it(title, () => {
      const { tensor, pipeline } = parallelOf({ ...none, ...asked }, nodes, null)
      expect([tensor, pipeline]).to.deep.equal(expected)
    })

  for (const { title, asked, nodes, model = null, message } of [
    {
      title: 'fewer ranks than GPUs',
      asked: { gpusPerNode: 4, tensorParallel: 3, pipelineParallel: 1 },
      nodes: 1,
      message: /tensor parallel 3 × pipeline parallel 1 = 3, but 4 GPUs × 1 node = 4/,
    },
    {
      title: 'ranks that can’t be shared by the nodes',
      asked: { tensorParallel: 1, pipelineParallel: 1 },
      nodes: 2,
      message: /= 1 does not divide by 2 nodes/,
    },
    {
      title: 'heads that don’t divide',
      asked: { gpusPerNode: 3 },
      nodes: 1,
      model: shape({ heads: 32 }),
      message: /32 attention heads, which tensor parallel 3 does not divide/,
    },
    {
      title: 'fewer layers than stages',
      asked: { gpusPerNode: 1 },
      nodes: 4,
      model: shape({ heads: 4, layers: 2 }),
      message: /2 layers, fewer than pipeline parallel 4/,
    },
  ])
    it(`refuses ${title}`, () =>
      expect(() => parallelOf({ ...none, ...asked }, nodes, model)).to.throw(UsageError, message))

  it('hints at numbers that are not refused in turn: as many GPUs as ranks', () => {
    const hintsOf = (asked: Partial<Parameters<typeof parallelOf>[0]>) => {
      try {
        parallelOf({ ...none, ...asked }, 1, shape({ heads: 32 }))
      } catch (error) {
        return (error as UsageError).hints
      }
      return []
    }
    expect(hintsOf({ gpusPerNode: 3 })).to.deep.equal([
      '--gpus-per-node 2 --tensor-parallel 2',
      '--gpus-per-node 1 --tensor-parallel 1',
    ])
    expect(hintsOf({ tensorParallel: 12 })).to.deep.equal(
      [8, 4, 2].map((ranks) => `--tensor-parallel ${ranks}`),
    )
  })
})
