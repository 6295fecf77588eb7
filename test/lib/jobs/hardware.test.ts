import { expect } from 'chai'
import { visibleGpus, type NodeRecord } from '../../../src/lib/scheduler/node-record.js'
import { hardwareOf } from '../../../src/lib/jobs/hardware.js'

const gpu = (index: number, name = 'NVIDIA A100-SXM4-40GB') => ({
  ...{ index: String(index), name, uuid: `GPU-${index}abc-def`, memoryMiB: 40960 },
  driver: '580.1',
})
const node = (change: Partial<NodeRecord> = {}): NodeRecord => ({
  ...{ schema: 'aibench/node/1', jobId: '7', node: 'mel2001', cpu: 'AMD EPYC 7763', cores: 128 },
  ...{ memoryMiB: 512_000, gpus: [0, 1, 2, 3].map((index) => gpu(index)) },
  ...{ gpusFrom: 'nvidia-smi', gpuTrouble: null, visible: null },
  ...change,
})

describe('the hardware of an instance', () => {
  it('is what its nodes say, all of them', () => {
    expect(hardwareOf([node(), node({ node: 'mel2002' })])).to.deep.include({
      ...{ text: '2 nodes × 4 × NVIDIA A100-SXM4-40GB', gpuType: 'NVIDIA A100-SXM4-40GB' },
      ...{ gpuCount: 8, gpusPerNode: 4, gpuMemoryMiB: 40960, driver: '580.1', nodes: 2 },
    })
  })

  for (const { title, visible, expected } of [
    { title: 'by index, in the order given', visible: '2,0', expected: ['2', '0'] },
    { title: 'by id', visible: 'GPU-1abc-def', expected: ['1'] },
    { title: 'by the beginning of an id', visible: 'GPU-3abc', expected: ['3'] },
    { title: 'none', visible: '', expected: [] },
    { title: 'up to the first that is not there, as CUDA does', visible: '1,9,0', expected: ['1'] },
    { title: 'hidden on purpose', visible: '-1', expected: [] },
  ])
    it(`is the GPUs that the job may use: ${title}`, () =>
      expect(visibleGpus(node({ visible })).map(({ index }) => index)).to.deep.equal(expected))

  it('tells no GPU from one that is not known', () => {
    const none = { gpus: [], gpusFrom: null }
    expect(hardwareOf([node(none)])?.text).to.equal('no GPU · 128 cores of AMD EPYC 7763')
    expect(hardwareOf([node({ ...none, gpuTrouble: 'nvidia-smi: no answer' })])?.text).to.equal(
      'GPUs unknown (nvidia-smi: no answer) · 128 cores of AMD EPYC 7763',
    )
    expect(hardwareOf([])).to.equal(null)
  })
})
