import { expect } from 'chai'
import { visibleDevices } from '../../../../src/lib/scheduler/local/devices.js'
import { systemProcesses } from '../../../../src/lib/platform/processes.js'
import { fakeNvidiaSmi, type FakeGpu } from '../../../support/gpus.js'
import { temporaryFolder } from '../../../support/surroundings.js'

async function seen(gpus: readonly FakeGpu[], variables: Record<string, string> = {}) {
  await using folder = await temporaryFolder()
  const PATH = `${fakeNvidiaSmi(folder.path, gpus)}:${process.env.PATH}`
  return (await visibleDevices(systemProcesses, { PATH, ...variables })).map(({ id }) => id)
}

describe('the GPUs of this machine', () => {
  it('come in their order, those in use last', async () =>
    expect(await seen([{ usedMiB: 75_000 }, {}, { usedMiB: 3 }])).to.deep.equal(['1', '2', '0']))

  for (const { CUDA_VISIBLE_DEVICES, expected } of [
    { CUDA_VISIBLE_DEVICES: '2,1', expected: ['2', '1'] },
    { CUDA_VISIBLE_DEVICES: 'GPU-0000001', expected: ['1'] },
    { CUDA_VISIBLE_DEVICES: '', expected: [] },
    { CUDA_VISIBLE_DEVICES: '-1', expected: [] },
    { CUDA_VISIBLE_DEVICES: '0,7,1', expected: ['0'] },
  ])
    it(`are those that the shell may use: "${CUDA_VISIBLE_DEVICES}"`, async () =>
      expect(await seen([{}, {}, {}], { CUDA_VISIBLE_DEVICES })).to.deep.equal(expected))

  it('are the parts of one that is divided, by their ids', async () => {
    const mig = ['MIG-aaaa-1', 'MIG-bbbb-2'].map((uuid) => ({ profile: '3g.40gb', uuid }))
    expect(await seen([{ mig }, {}])).to.have.members(['1', 'MIG-aaaa-1', 'MIG-bbbb-2'])
    expect(await seen([{ mig }], { CUDA_VISIBLE_DEVICES: 'MIG-bbbb-2' })).to.deep.equal([
      'MIG-bbbb-2',
    ])
  })
})
