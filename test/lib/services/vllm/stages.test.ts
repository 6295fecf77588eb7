import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { vllmStages } from '../../../../src/lib/services/vllm/stages.js'

const path = new URL('../../../fixtures/vllm/logs/ready-ordinary-user.log', import.meta.url)
const log = readFileSync(fileURLToPath(path), 'utf8').split('\n')
const marker = '2026-11-23T17:12:05.100Z aibench: vllm on mel2041, started'

describe('the start-up of vLLM, from a real log', () => {
  it('is told stage by stage, with the times of the log', () => {
    expect(vllmStages([marker, ...log])).to.deep.equal([
      { name: 'imports', at: '2026-11-23T17:12:05.100Z', text: '' },
      { name: 'weights', at: '2026-11-23T17:14:12.000Z', text: '1 of 1 shards · 0.01 GiB' },
      {
        name: 'compile',
        at: '2026-11-23T17:14:12.000Z',
        text: 'KV cache of 1 048 576 tokens',
      },
      { name: 'ready', at: '2026-11-23T17:14:17.000Z', text: '' },
    ])
  })

  it('is told as far as it has come', () => {
    const upTo = (pattern: RegExp) => log.slice(0, log.findIndex((line) => pattern.test(line)) + 1)
    const names = (lines: string[]) => vllmStages([marker, ...lines]).map(({ name }) => name)
    expect(names([])).to.deep.equal(['imports'])
    const inImage = '2026-11-23T17:12:05.200Z aibench: in the image /project/vllm.sif'
    expect(names([inImage])).to.deep.equal(['container'])
    expect(names(upTo(/Starting to load model/))).to.deep.equal(['imports', 'weights'])
    expect(names(upTo(/Loading weights took/))).to.deep.equal(['imports', 'weights', 'compile'])
  })

  it('says how many shards are read', () => {
    const lines = [
      marker,
      '(Worker pid=9) INFO 11-23 17:14:12 [gpu_model_runner.py:68] Starting to load model m...',
      '(Worker pid=9) INFO 11-23 17:14:12 [weight_utils.py:1108] Filesystem type for checkpoints: LUSTRE. Checkpoint size: 15.10 GiB. Available RAM: 480 GiB.',
      'Loading safetensors checkpoint shards:  25% Completed | 1/4 [00:09<00:30, 10.1s/it]',
      'Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:19<00:20, 10.1s/it]',
    ]
    expect(vllmStages(lines).at(-1)?.text).to.equal('2 of 4 shards · 15.10 GiB')
  })

  it('knows the turn of the year', () => {
    const lines = [
      '2026-12-31T23:59:50.000Z aibench: vllm on mel2041, started',
      '(Worker pid=9) INFO 01-01 00:00:10 [cpu_model_runner.py:68] Starting to load model m...',
    ]
    expect(vllmStages(lines).at(-1)?.at).to.equal('2027-01-01T00:00:10.000Z')
  })

  it('counts the last start only, when the job ran before', () => {
    const again = '2026-11-23T18:00:00.000Z aibench: vllm on mel2042, started'
    expect(vllmStages([marker, ...log, again])).to.deep.equal([
      { name: 'imports', at: '2026-11-23T18:00:00.000Z', text: '' },
    ])
  })

  describe('on a GPU', () => {
    const gpu = (stream: string) =>
      readFileSync(
        new URL(`../../../fixtures/vllm/gpu/ready-h100.${stream}.log`, import.meta.url),
        'utf8',
      ).split(/\r?\n|\r/)
    const lines = [...gpu('stdout'), ...gpu('stderr')]

    it('has its own stages: weights, torch.compile, graphs and the warm-up', () =>
      expect(
        vllmStages(lines).map(({ name, at, text }) => [name, at.slice(11, 19), text]),
      ).to.deep.equal([
        ['imports', '17:09:18', ''],
        ['weights', '17:09:38', '2 of 2 shards · 1.91 GiB'],
        ['compile', '17:09:39', 'torch.compile 13.45 s'],
        ['graphs', '17:09:55', '51 of 51 graphs · KV cache of 1 149 552 tokens'],
        ['warm-up', '17:09:57', ''],
        ['ready', '17:10:11', ''],
      ]))

    it('says that the compilation came from the cache', () => {
      const cached = lines.map((line) =>
        line.replace(
          /Dynamo bytecode transform time.*|Compiling a graph for.*/,
          'Directly load AOT compilation from path /c/torch_aot_compile/3cf/rank_0_0/model',
        ),
      )
      expect(vllmStages(cached)[2].text).to.equal('torch.compile 13.45 s, cached')
    })
  })

  it('says nothing of a job that has not begun', () => expect(vllmStages([])).to.deep.equal([]))
})
