import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { fakeNvidiaSmi, type FakeGpu } from '../support/gpus.js'
import { short, SIMULATED, vllmHome, type VllmHome } from '../support/vllm-home.js'

const withGpus = (home: VllmHome, gpus: readonly FakeGpu[], fails = '') => ({
  env: { PATH: `${fakeNvidiaSmi(home.path, gpus, fails)}:${process.env.PATH}` },
})

describe('what a job on this machine says of its GPUs', function () {
  it('is in check, in the result and with the run', async () => {
    await using home = await vllmHome()
    const two = withGpus(home, [{}, {}])
    const started = await home.run(SIMULATED, two)
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const { hardware } = started.data.instance as InstanceReport
    expect(hardware).to.deep.include({
      ...{
        gpuType: 'NVIDIA H100 80GB HBM3',
        gpuCount: 2,
        gpusPerNode: 2,
        driver: '580.159.04',
        gpuMemoryMiB: 81559,
      },
      ...{ text: '2 × NVIDIA H100 80GB HBM3', gpusFrom: 'nvidia-smi', nodes: 1 },
    })
    const check = await home.shown(['vllm', 'check'], two)
    expect(check.stdout).to.match(/hardware +2 × NVIDIA H100 80GB HBM3 · driver 580\.159\.04/)
    const bench = await home.run(short('--num-prompts', '60'), two)
    expect(bench.data.provenance.hardware).to.deep.equal(hardware)
    const { busyShare, powerW, each } = bench.data.server.gpus
    expect(busyShare.mean).to.be.closeTo(0.41, 1e-9)
    expect(powerW.max).to.be.closeTo(696.24, 1e-9)
    expect(each.map(({ index }: { index: string }) => index)).to.deep.equal(['0', '1'])
    const { energyJ, tokensPerJoule, tokensPerGpuHour } = bench.data.server.gpus
    const { durationMs, outputTokensPerSecond } = bench.data.throughput
    expect(energyJ).to.be.closeTo((696.24 * durationMs) / 1000, 0.01)
    expect(tokensPerJoule).to.be.closeTo(outputTokensPerSecond / 696.24, 1e-6)
    expect(tokensPerGpuHour).to.be.closeTo((outputTokensPerSecond * 3600) / 2, 1e-3)
    const runs = await home.run(['runs', 'list'], two)
    expect(JSON.stringify(runs.data)).to.include('"hardware":"2 × NVIDIA H100 80GB HBM3"')
  })

  it('tells a driver that fails from a machine without GPUs', async () => {
    await using home = await vllmHome()
    const broken = withGpus(home, [], 'NVIDIA-SMI has failed because it couldn’t communicate')
    const started = await home.run(SIMULATED, broken)
    const { hardware } = started.data.instance as InstanceReport
    expect(hardware).to.include({ gpuCount: 0, gpuType: null, gpusFrom: null })
    expect(hardware?.gpuTrouble).to.match(/^nvidia-smi: NVIDIA-SMI has failed/)
  })
})

describe('GPUs of this machine', function () {
  this.timeout(180_000)
  const start = (name: string, gpus = '1') => [
    ...['vllm', 'start', '--simulate', '--name', name, '--gpus-per-node', gpus, '--wait'],
  ]
  const devicesOf = ({ runDir }: InstanceReport) => {
    const { pid } = JSON.parse(readFileSync(join(runDir, 'endpoint.vllm.json'), 'utf8')) as {
      pid: number
    }
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return variables.filter((line) => /^(CUDA_|LD_LIBRARY_PATH|CC=)/.test(line)).sort()
  }

  it('go to one instance each; who has them is said, and what ended gives them back', async () => {
    await using home = await vllmHome()
    const two = withGpus(home, [{}, {}])
    const first = (await home.run(start('one'), two)).data.instance as InstanceReport
    const second = (await home.run(start('two'), two)).data.instance as InstanceReport
    expect(devicesOf(first)).to.include('CUDA_VISIBLE_DEVICES=0')
    expect(devicesOf(second)).to.include('CUDA_VISIBLE_DEVICES=1')
    expect(second.hardware).to.deep.include({ gpuCount: 1, gpuIds: ['GPU-0000001-aaaa'] })
    const third = await home.run(start('three'), two)
    expect([third.exitCode, third.error?.code]).to.deep.equal([3, 'AIB_GPUS_BUSY'])
    expect(JSON.stringify(third.error)).to.include(first.jobId!).and.to.include(second.jobId!)
    expect((await home.run(['status'], two)).data.instances).to.have.lengthOf(2)
    await home.run(['vllm', 'stop', 'one'], two)
    const again = (await home.run(start('three'), two)).data.instance as InstanceReport
    expect(devicesOf(again)).to.include('CUDA_VISIBLE_DEVICES=0')
  })

  it('are those that the shell has chosen, and its libraries and compilers go with them', async () => {
    await using home = await vllmHome()
    const { env } = withGpus(home, [{}, {}, {}, {}])
    const chosen = {
      ...env,
      CUDA_VISIBLE_DEVICES: '2,3',
      CC: '/opt/gcc',
      LD_LIBRARY_PATH: '/opt/l',
    }
    const { data } = await home.run(start('one', '2'), { env: chosen })
    expect(devicesOf(data.instance)).to.deep.equal([
      ...['CC=/opt/gcc', 'CUDA_DEVICE_ORDER=PCI_BUS_ID', 'CUDA_VISIBLE_DEVICES=2,3'],
      'LD_LIBRARY_PATH=/opt/l',
    ])
    const none = await home.run(start('two'), { env: chosen })
    expect(none.error?.code).to.equal('AIB_GPUS_BUSY')
    await home.run(['vllm', 'stop', 'one'], { env: chosen })
    const free = await home.run(['vllm', 'start', '--simulate', '--wait'], { env: chosen })
    expect(devicesOf(free.data.instance)).to.include('CUDA_VISIBLE_DEVICES=2,3')
  })

  it('are refused when there are not so many, before anything runs', async () => {
    await using home = await vllmHome()
    const { exitCode, error } = await home.run(start('one', '2'), withGpus(home, [{}]))
    expect([exitCode, error?.message]).to.deep.equal([3, 'This machine has 1 GPU, not 2'])
    expect((await home.run(['status'])).data.instances).to.deep.equal([])
  })
})
