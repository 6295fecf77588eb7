import { expect } from 'chai'
import { gpusOfGres, gpusOfSbatchArgs, parseGpus } from '../../../src/lib/scheduler/gpus.js'

describe('GPUs as they are asked for', () => {
  for (const [text, expected] of [
    ['4', { count: 4, type: null }],
    ['0', { count: 0, type: null }],
    ['a100:2', { count: 2, type: 'a100' }],
    ['gpu:2', { count: 2, type: null }],
    ['gpu:nvidia_h100_80gb:2', { count: 2, type: 'nvidia_h100_80gb' }],
    ['two', undefined],
    ['a100', undefined],
    ['-1', undefined],
    ['2.5', undefined],
    ['a:b:2', undefined],
    ['', undefined],
  ] as const)
    it(`--gpus-per-node ${text || '""'}`, () => expect(parseGpus(text)).to.deep.equal(expected))

  for (const [text, expected] of [
    ['gpu:a100:2', { count: 2, type: 'a100' }],
    ['gpu', { count: 1, type: null }],
    ['gpu:a100', { count: 1, type: 'a100' }],
    ['gpu:2,nvme:1', { count: 2, type: null }],
    ['gpu:a100:2,gpu:t4:1', { count: 3, type: null }],
    ['nvme:1', undefined],
    ['gpuless:1', undefined],
  ] as const)
    it(`--gres ${text}`, () => expect(gpusOfGres(text)).to.deep.equal(expected))

  for (const { args, nodes = 1, expected } of [
    { args: ['--mem=0'], expected: undefined },
    { args: ['--gres=gpu:2'], expected: { count: 2, type: null } },
    { args: ['--gres', 'gpu:a100:2'], expected: { count: 2, type: 'a100' } },
    { args: ['--gpus=8'], nodes: 2, expected: { count: 4, type: null } },
    { args: ['-G4'], expected: { count: 4, type: null } },
    { args: ['-G', '4'], nodes: 2, expected: { count: 2, type: null } },
    { args: ['--gpus-per-node=h100:4'], expected: { count: 4, type: 'h100' } },
    { args: ['--gpus-per-node=0', '--gres=gpu:2'], expected: { count: 2, type: null } },
    { args: ['--gpus-per-node=0'], expected: undefined },
    { args: ['--gres=nvme:1'], expected: undefined },
  ])
    it(`--sbatch-arg ${args.join(' ')}`, () =>
      expect(gpusOfSbatchArgs(args, { nodes })).to.deep.equal(expected))
})
