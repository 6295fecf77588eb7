import { expect } from 'chai'
import { readManifest } from '../../../src/lib/cli/manifest.js'
import { suggestCommand } from '../../../src/lib/cli/suggestions.js'
import { aibench, envelopeOf, ROOT } from '../../support/cli.js'
import { temporaryFolder } from '../../support/surroundings.js'

const manifest = readManifest(ROOT)

describe('a command that is not there', () => {
  for (const [typed, meant] of [
    ['vlm', 'vllm'],
    ['chrma', 'chroma'],
    ['chrma start', 'chroma start'],
    ['statsu', 'status'],
    ['start vllm', 'vllm start'],
    ['start chrma', 'chroma start'],
    ['vllm status', 'vllm check'],
    ['status vllm', 'vllm check'],
    ['vllm list', 'status'],
    ['list', 'status'],
    ['vllm kill', 'vllm stop'],
    ['benchmark chroma', 'chroma bench'],
    ['vllm strat', 'vllm start'],
    ['config sett', 'config set'],
    ['lustre ini nwe', 'lustre ini new'],
    ['lustre inni', 'lustre ini'],
  ])
    it(`"${typed}" may be "${meant}"`, () => {
      expect(suggestCommand(manifest, typed.split(' '))?.command).to.equal(meant)
    })

  it('is nothing that was meant when nothing is near', () => {
    expect(suggestCommand(manifest, ['xylophone'])).to.equal(undefined)
  })

  for (const [typed, meant] of [
    ['prometheus start', 'monitors start'],
    ['start grafana', 'monitors start'],
    ['openlit', 'monitors'],
  ])
    it(`"${typed}" is in "${meant}"`, () => {
      expect(suggestCommand(manifest, typed.split(' '))?.command).to.equal(meant)
    })

  it('is corrected with all that was typed behind it', async () => {
    await using home = await temporaryFolder()
    const { stderr, code } = await aibench(['start', 'vllm', '--model', 'a b'], { home: home.path })
    expect(code).to.equal(127)
    expect(stderr).to.include("aibench vllm start --model 'a b'\n")
  })

  it('is one object under --json, as help and version are', async () => {
    await using home = await temporaryFolder()
    for (const [args, schema, code] of [
      [['--json', 'statsu'], 'aibench/unknown/1', 127],
      [['--json'], 'aibench/help/1', 0],
      [['vllm', '--json'], 'aibench/help/1', 0],
      [['vllm', 'bench', '--help', '--json'], 'aibench/help/1', 0],
      [['--version', '--json'], 'aibench/version/1', 0],
      [['--json', 'status'], 'aibench/status/1', 0],
    ] as const) {
      const ended = await aibench(args, { home: home.path })
      expect(envelopeOf(ended).schema, args.join(' ')).to.equal(schema)
      expect(ended.code).to.equal(code)
    }
  })
})
