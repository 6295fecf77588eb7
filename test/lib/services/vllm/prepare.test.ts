import { expect } from 'chai'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'
import type { Resources } from '../../../../src/lib/scheduler/contract.js'
import { prepareVllm } from '../../../../src/lib/services/vllm/prepare.js'
import type { VllmOptions } from '../../../../src/lib/services/vllm/options.js'
import { contextWith, type FakeContext } from '../../../support/context.js'

const none: VllmOptions = {
  ...{ model: null, revision: null, modelDir: null, servedName: null, dtype: null },
  ...{ maxModelLen: null, tensorParallel: null, pipelineParallel: null, gpusPerNode: null },
  ...{ gpuType: null, gres: null },
  ...{ vllmArgs: [], hfTokenFile: null, image: null, venv: null },
  ...{ distributed: 'auto', expose: false, traces: false, simulate: null },
}
const COMMIT = '0123456789abcdef0123456789abcdef01234567'

/** An environment with vLLM of some version, a model in a directory and one in the cache of the hub. */
async function surroundings(version = '0.32.0', variables: Record<string, string> = {}) {
  const home = await contextWith([], { variables })
  const folder = home.folder
  const packages = join(folder, 'venv/lib/python3.11/site-packages')
  const model = join(folder, 'tiny')
  const hub = join(folder, 'hf/hub/models--organisation--cached')
  const snapshot = join(hub, 'snapshots', COMMIT)
  const dirs = [join(folder, 'venv/bin'), join(packages, `vllm-${version}.dist-info`), model]
  for (const dir of [...dirs, snapshot, join(hub, 'refs'), join(folder, 'run')])
    await mkdir(dir, { recursive: true })
  await writeFile(join(folder, 'venv/bin/vllm'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const config = JSON.stringify({ num_attention_heads: 8, num_hidden_layers: 4 })
  for (const dir of [model, snapshot]) {
    await writeFile(join(dir, 'config.json'), config)
    await writeFile(join(dir, 'tokenizer.json'), '{}')
    await writeFile(join(dir, 'model.safetensors'), '')
  }
  await writeFile(join(hub, 'refs/main'), COMMIT)
  return { context: home, venv: join(folder, 'venv'), model, runDir: join(folder, 'run') }
}

async function prepared(
  { context, venv, runDir }: { context: FakeContext; venv: string; runDir: string },
  options: Partial<VllmOptions>,
  resources: Partial<Resources> = {},
) {
  const place = { runDir, resources: { nodes: 1, timeLimitMs: 1, ...resources } }
  const given = { ...none, venv, ...options }
  const preparation = await prepareVllm(context, given, { ...place, scheduler: 'slurm' })
  const words = async (name: string) =>
    (await readFile(join(runDir, name), 'utf8')).split('\n').slice(0, -1)
  return { ...preparation, command: await words('command'), words: await words('arguments') }
}

const failure = (work: Promise<unknown>): Promise<AibenchError> =>
  work.then(
    () => expect.fail('it did not fail'),
    (error: AibenchError) => error,
  )

describe('the preparation of vLLM', () => {
  it('of a directory: offline, its own name, the version read and not asked for', async () => {
    const place = await surroundings()
    await using _ = place.context
    const { environment, words, command, provenance, description } = await prepared(place, {
      ...{ modelDir: place.model, dtype: 'float16', maxModelLen: 4096 },
      vllmArgs: ['--enforce-eager'],
    })
    expect(command).to.deep.equal([join(place.venv, 'bin/vllm')])
    expect(words.join(' ')).to.equal(
      `serve ${place.model} --served-model-name tiny --dtype float16 --max-model-len 4096 --enforce-eager --disable-uvicorn-access-log`,
    )
    expect(environment).to.include({ HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' })
    expect(provenance).to.include({ version: '0.32.0' })
    expect(description).to.equal('vllm 0.32.0 (venv) · tiny')
  })

  it('of a model that is in the cache: offline, pinned to the commit that is there', async () => {
    const place = await surroundings()
    await using context = place.context
    const variables = { HF_HOME: join(context.folder, 'hf') }
    const environment = { ...context.environment, variables }
    const ready = await prepared(
      { ...place, context: { ...context, environment } },
      { model: 'organisation/cached', gpusPerNode: 0 },
    )
    expect(ready.words.join(' ')).to.equal(
      `serve organisation/cached --served-model-name organisation/cached --revision ${COMMIT} --disable-uvicorn-access-log`,
    )
    expect(ready.environment).to.include({
      HF_HUB_OFFLINE: '1',
      HF_HUB_CACHE: join(variables.HF_HOME, 'hub'),
    })
    expect(ready.warnings).to.deep.equal([])
  })

  it('of a model that is nowhere: says that the job fetches it, and that it is not pinned', async () => {
    const place = await surroundings()
    await using _ = place.context
    const token = join(place.runDir, 'hf')
    await writeFile(token, 'hf_secret\n', { mode: 0o600 })
    const ready = await prepared(place, {
      ...{ model: 'organisation/other', hfTokenFile: token, gpusPerNode: 0 },
    })
    expect(ready.environment).to.include({ HF_TOKEN_PATH: token })
    expect(ready.environment).to.not.have.property('HF_HUB_OFFLINE')
    expect(ready.warnings).to.have.lengthOf(2)
    expect(JSON.stringify(ready)).to.not.include('hf_secret')
  })

  it('takes the token of the shell into a file of its owner’s, or says that there is none', async () => {
    const given = await surroundings('0.32.0', { HF_TOKEN: 'hf_secret', HF_HOME: '/nowhere' })
    await using _ = given.context
    const ready = await prepared(given, { model: 'organisation/other', revision: 'abc' })
    const file = ready.environment.HF_TOKEN_PATH
    expect(await readFile(file, 'utf8')).to.equal('hf_secret\n')
    expect((await stat(file)).mode & 0o777).to.equal(0o600)
    expect(file).to.match(/\.token$/)
    expect(JSON.stringify(ready)).to.not.include('hf_secret')
    expect(ready.warnings!.join()).to.not.include('no Hugging Face token')

    const none = await surroundings('0.32.0', { HF_TOKEN: '', HF_HOME: '/nowhere' })
    await using __ = none.context
    const without = await prepared(none, { model: 'organisation/other', revision: 'abc' })
    expect(without.environment).to.not.have.property('HF_TOKEN_PATH')
    expect(without.warnings!.join()).to.include('no Hugging Face token')
  })

  it('makes a key for the instance, for its owner only, and none of it goes further', async () => {
    const place = await surroundings()
    await using _ = place.context
    const ready = await prepared(place, { modelDir: place.model, expose: true })
    for (const name of ['api.token', 'gate.token', 'api.header', 'gate.header']) {
      const { mode } = await stat(join(place.runDir, name))
      expect(mode & 0o777, name).to.equal(0o600)
      const token = (await readFile(join(place.runDir, name), 'utf8')).trim().split(' ').at(-1)!
      expect(token).to.have.length.greaterThan(20)
      expect(JSON.stringify(ready)).to.not.include(token)
    }
    expect(ready.environment).to.include({ AIBENCH_EXPOSE: '1' })
  })

  it('passes on what the user has set for vLLM and NCCL, and no secrets', async () => {
    const place = await surroundings('0.32.0', {
      ...{ VLLM_CPU_KVCACHE_SPACE: '1', NCCL_DEBUG: 'INFO' },
      ...{ VLLM_API_KEY: 'secret', HF_TOKEN: 'secret', VLLM_SERVER_DEV_MODE: '1' },
    })
    await using _ = place.context
    const { environment, provenance } = await prepared(place, { modelDir: place.model })
    expect(provenance.settings).to.have.all.keys('VLLM_CPU_KVCACHE_SPACE', 'NCCL_DEBUG')
    expect(provenance.settings)
      .to.have.property('NCCL_DEBUG')
      .that.matches(/^sha256:[0-9a-f]{16}$/)
    expect(environment).to.include({ VLLM_CPU_KVCACHE_SPACE: '1' })
    expect(environment).to.not.have.any.keys('VLLM_API_KEY', 'HF_TOKEN', 'VLLM_SERVER_DEV_MODE')
  })

  for (const { version, distributed, expected } of [
    { version: '0.32.0', distributed: 'auto', expected: 'native' },
    { version: '0.10.2', distributed: 'auto', expected: 'ray' },
    { version: '0.32.0', distributed: 'ray', expected: 'ray' },
  ] as const)
    it(`over two nodes with ${version}, ${distributed}: ${expected}`, async () => {
      const place = await surroundings(version)
      await using _ = place.context
      const options = { modelDir: place.model, distributed, gpusPerNode: 4 }
      const { environment, words } = await prepared(place, options, { nodes: 2 })
      expect(environment.AIBENCH_DISTRIBUTED).to.equal(expected)
      expect(words.join(' ')).to.include('--tensor-parallel-size 4 --pipeline-parallel-size 2')
    })

  it('refuses several nodes in a way that the version has not', async () => {
    const place = await surroundings('0.10.2')
    await using _ = place.context
    const options = { modelDir: place.model, distributed: 'native' } as const
    const error = await failure(prepared(place, options, { nodes: 2 }))
    expect([error.exitCode, error.hints]).to.deep.equal([2, ['--distributed ray']])
  })

  it('refuses GPUs that the partition has not', async () => {
    const place = await surroundings()
    await using _ = place.context
    place.context.scripted.gpusPerNode = async (partition) => (partition === 'cpu' ? 0 : undefined)
    const options = { modelDir: place.model, gpusPerNode: 4 }
    const error = await failure(prepared(place, options, { partition: 'cpu' }))
    expect([error.exitCode, error.message]).to.deep.equal([3, 'Partition "cpu" has no GPUs'])
    expect(await prepared(place, options, { partition: 'unknown' })).to.have.property('words')
  })

  it('refuses a shape that the model can’t take, before anything is written', async () => {
    const place = await surroundings()
    await using _ = place.context
    const error = await failure(prepared(place, { modelDir: place.model, gpusPerNode: 3 }))
    expect([error.exitCode, error.code]).to.deep.equal([2, 'AIB_PARALLEL'])
  })

  it('of the simulator: its options checked, its key in a file', async () => {
    const place = await surroundings()
    await using _ = place.context
    const ready = await prepared(place, { simulate: { slots: 1 } })
    const written = JSON.parse(await readFile(join(place.runDir, 'simulator.json'), 'utf8'))
    expect(written).to.include({ slots: 1, apiKeyFile: join(place.runDir, 'api.token') })
    expect(ready.description).to.include('SIMULATED')
    const error = await failure(prepared(place, { simulate: { slots: 'many' } }))
    expect([error.exitCode, error.message]).to.satisfy(
      ([code, text]: [number, string]) => code === 2 && text.includes('slots'),
    )
  })

  it('sends traces where that was asked for; the simulator has none', async () => {
    const place = await surroundings()
    await using _ = place.context
    const asked = { modelDir: place.model, traces: true }
    const { environment } = await prepared(place, asked)
    expect(environment.AIBENCH_TRACES).to.equal('1')
    const error = await failure(prepared(place, { simulate: {}, traces: true }))
    expect(error.exitCode).to.equal(2)
  })
})
