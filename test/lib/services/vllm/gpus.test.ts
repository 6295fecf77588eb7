import { expect } from 'chai'
import * as v from 'valibot'
import type { Asked } from '../../../../src/lib/jobs/contract.js'
import { gpuOptionsOf, missingGpus, withGpus } from '../../../../src/lib/services/vllm/gpus.js'
import { VllmOptionsSchema, type VllmOptions } from '../../../../src/lib/services/vllm/options.js'
import { contextWith } from '../../../support/context.js'
import { rejection } from '../../../support/surroundings.js'

const options = (change: Partial<VllmOptions> = {}): VllmOptions => ({
  ...v.parse(VllmOptionsSchema, {
    ...{ model: 'm', revision: null, modelDir: null, servedName: null, dtype: null, image: null },
    ...{ maxModelLen: null, tensorParallel: null, pipelineParallel: null, gpusPerNode: null },
    ...{ vllmArgs: [], hfTokenFile: null, venv: null, distributed: 'auto', expose: false },
    simulate: null,
  }),
  ...change,
})

async function known(
  given: Partial<VllmOptions>,
  asked: Partial<Asked> = {},
  { setting, here }: { setting?: string; here?: number } = {},
) {
  await using context = await contextWith()
  context.settings.get = (name: string) => (name === 'vllm.gpus' ? setting : undefined)
  context.scripted.gpusPerNode = async () => here
  const { gpusPerNode, gpuType, gres } = await withGpus(context, options(given), {
    ...{ scheduler: 'slurm', resources: {} },
    ...asked,
  })
  return { gpusPerNode, gpuType, gres }
}

describe('the GPUs of a vLLM server', () => {
  const none = { gpusPerNode: null, gpuType: null, gres: null }

  it('are those of a further sbatch option, as of a flag', async () => {
    const resources = { sbatchArgs: ['--gres=gpu:a100:2'] }
    const expected = { gpusPerNode: 2, gpuType: 'a100', gres: null }
    expect(await known({}, { resources })).to.deep.equal(expected)
    expect(await known({ gpusPerNode: 2 }, { resources })).to.deep.equal(expected)
    const error = await rejection(known({ gpusPerNode: 4 }, { resources }))
    expect(error).to.include({ exitCode: 2, code: 'AIB_GPUS' })
  })

  it('are those of the setting, but for the simulator and where a flag says it', async () => {
    const setting = { setting: 'gpu:a100:4' }
    expect(await known({}, {}, setting)).to.deep.equal({
      ...{ gpusPerNode: 4, gpuType: 'a100', gres: 'gpu:a100:4' },
    })
    expect(await known({ simulate: {} }, {}, setting)).to.deep.equal(none)
    expect((await known({ gpusPerNode: 0 }, {}, setting)).gpusPerNode).to.equal(0)
    expect((await rejection(known({}, {}, { setting: 'lots' }))).exitCode).to.equal(2)
  })

  it('are on this machine as many as the model is spread over, where there are some', async () => {
    const local = { scheduler: 'local' } as const
    expect((await known({}, local, { here: 4 })).gpusPerNode).to.equal(1)
    expect((await known({ tensorParallel: 2 }, local, { here: 4 })).gpusPerNode).to.equal(2)
    expect((await known({}, local, { here: 0 })).gpusPerNode).to.equal(null)
    expect((await known({}, {}, { here: 4 })).gpusPerNode).to.equal(null)
  })

  it('are missed before the queue where vLLM was built for them', () => {
    const place = {
      runDir: '/r',
      scheduler: 'slurm',
      resources: { nodes: 1, timeLimitMs: 1 },
    } as const
    const image = { kind: 'image', path: 'x.sif', sha256: '', version: null } as const
    const native = (version: string | null) =>
      ({ kind: 'native', argv: ['vllm'], version, origin: 'venv' }) as const
    expect(missingGpus(options(), image, place).join()).to.include('the image gets no GPU')
    expect(missingGpus(options(), native('0.32.0'), place).join()).to.include('--gpus-per-node N')
    expect(missingGpus(options(), native('0.32.0+cpu'), place)).to.deep.equal([])
    expect(missingGpus(options({ gpusPerNode: 0 }), image, place)).to.deep.equal([])
    expect(missingGpus(options({ gpusPerNode: 4 }), image, place)).to.deep.equal([])
  })

  it('have one way of being written', () => {
    expect(gpuOptionsOf('a100:2', 'x')).to.deep.equal({
      ...{ gpusPerNode: 2, gpuType: 'a100', gres: null },
    })
    expect(() => gpuOptionsOf('lots', '--gpus-per-node')).to.throw(
      '--gpus-per-node must be N or TYPE:N, such as 4 or a100:4, not "lots"',
    )
  })
})
