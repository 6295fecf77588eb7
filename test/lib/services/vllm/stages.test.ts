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
      { name: 'container', at: '2026-11-23T17:12:05.100Z', text: '' },
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
    expect(names([])).to.deep.equal(['container'])
    expect(names(upTo(/Starting to load model/))).to.deep.equal(['container', 'weights'])
    expect(names(upTo(/Loading weights took/))).to.deep.equal(['container', 'weights', 'compile'])
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
      { name: 'container', at: '2026-11-23T18:00:00.000Z', text: '' },
    ])
  })

  it('says nothing of a job that has not begun', () => expect(vllmStages([])).to.deep.equal([]))
})
