import { expect } from 'chai'
import type { InstanceReport } from '../../src/lib/services/reports.js'
import { fakeNvidiaSmi, type FakeGpu } from '../support/gpus.js'
import { short, SIMULATED, vllmHome, type VllmHome } from '../support/vllm-home.js'

const withGpus = (home: VllmHome, gpus: readonly FakeGpu[], fails = '') => ({
  env: { PATH: `${fakeNvidiaSmi(home.path, gpus, fails)}:${process.env.PATH}` },
})

describe('what a job on this machine says of its GPUs', function () {
  this.timeout(120_000)

  it('is in check, in the result and with the run', async () => {
    await using home = await vllmHome()
    const two = withGpus(home, [{}, {}])
    const started = await home.run(SIMULATED, two)
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const { hardware } = started.data.instance as InstanceReport
    expect(hardware).to.deep.include({
      ...{ gpu: 'NVIDIA H100 80GB HBM3', gpuCount: 2, driver: '580.159.04', gpuMemoryMiB: 81559 },
      ...{ text: '2 × NVIDIA H100 80GB HBM3', gpusFrom: 'nvidia-smi', nodes: 1 },
    })
    const check = await home.shown(['vllm', 'check'], two)
    expect(check.stdout).to.match(/hardware +2 × NVIDIA H100 80GB HBM3 · driver 580\.159\.04/)
    const bench = await home.run(short(), two)
    expect(bench.data.provenance.hardware).to.deep.equal(hardware)
    const runs = await home.run(['runs', 'list'], two)
    expect(JSON.stringify(runs.data)).to.include('"hardware":"2 × NVIDIA H100 80GB HBM3"')
  })

  it('tells a driver that fails from a machine without GPUs', async () => {
    await using home = await vllmHome()
    const broken = withGpus(home, [], 'NVIDIA-SMI has failed because it couldn’t communicate')
    const started = await home.run(SIMULATED, broken)
    const { hardware } = started.data.instance as InstanceReport
    expect(hardware).to.include({ gpuCount: 0, gpu: null, gpusFrom: null })
    expect(hardware?.gpuTrouble).to.match(/^nvidia-smi: NVIDIA-SMI has failed/)
  })
})
