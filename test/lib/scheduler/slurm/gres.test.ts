import { expect } from 'chai'
import { mostGpus } from '../../../../src/lib/scheduler/slurm/gres.js'

describe('GPUs of a partition, from sinfo', () => {
  for (const { title, stdout, partition, expected } of [
    { title: 'a kind of node', stdout: 'gpu|gpu:a100:4(S:0-1)\n', partition: 'gpu', expected: 4 },
    { title: 'without a type', stdout: 'gpu|gpu:4\n', partition: 'gpu', expected: 4 },
    { title: 'none', stdout: 'cpu*|(null)\n', partition: 'cpu', expected: 0 },
    {
      title: 'the best of several kinds',
      stdout: 'all|(null)\nall|gpu:h100:8(S:0,2)\nall|gpu:a100:4\n',
      partition: 'all',
      expected: 8,
    },
    {
      title: 'two types in a node, and something else',
      stdout: 'gpu|gpu:a100:2,gpu:t4:1,shard:8\n',
      partition: 'gpu',
      expected: 3,
    },
    {
      title: 'the default partition when none is given',
      stdout: 'cpu*|(null)\ngpu|gpu:4\n',
      partition: undefined,
      expected: 0,
    },
    { title: 'an unknown partition', stdout: '', partition: 'nonsense', expected: undefined },
  ])
    it(title, () => expect(mostGpus(stdout, partition)).to.equal(expected))

  it('counts those of one type, whatever its case', () => {
    const stdout = 'gpu|gpu:a100:4,gpu:t4:1\ngpu|gpu:H100:8\n'
    expect(['a100', 't4', 'h100', 'l4'].map((type) => mostGpus(stdout, 'gpu', type))).to.deep.equal(
      [4, 1, 8, 0],
    )
  })
})
