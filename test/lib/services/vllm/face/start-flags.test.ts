import { expect } from 'chai'
import { givenBy } from '../../../../../src/lib/options/set.js'
import { flagsFrom } from '../../../../../src/lib/cli/option-flags.js'
import {
  vllmOptionsFrom,
  vllmStartOptions,
} from '../../../../../src/lib/services/vllm/start-flags.js'
import { VllmOptionsSchema } from '../../../../../src/lib/services/vllm/options.js'
import * as v from 'valibot'

const start = (flags: Record<string, unknown>) => vllmOptionsFrom(givenBy(vllmStartOptions, flags))
const simulate = (flags: Record<string, unknown>) => start({ simulate: true, ...flags }).simulate

describe('the flags of vllm start', () => {
  it('become options that the service takes, whatever was left out', () => {
    const options = start({
      model: 'org/model',
      'gpus-per-node': '0',
      'vllm-arg': ['--seed', '1'],
      'max-model-len': 2048,
    })
    expect(v.parse(VllmOptionsSchema, options)).to.deep.include({
      model: 'org/model',
      gpusPerNode: 0,
      vllmArgs: ['--seed', '1'],
      maxModelLen: 2048,
      tensorParallel: null,
      expose: false,
      simulate: null,
    })
  })

  for (const [title, flags, message] of [
    ['no model', {}, /Which model\?/],
    ['two models', { model: 'a', 'model-dir': 'b' }, /--model and --model-dir/],
    ['two programs', { model: 'a', image: 'b', venv: 'c' }, /--image and --venv/],
  ] as const)
    it(`refuse ${title}`, () => expect(() => start(flags)).to.throw(message))

  it('describe the simulator as far as they were given', () => {
    expect(start({ simulate: true })).to.deep.include({ simulate: {} })
    expect(
      simulate({
        ttft: '50ms',
        itl: 'lognormal:20ms:4ms',
        slots: 4,
        'tokens-per-event': 3,
        fault: ['http_429:0.1', 'stall:1'],
      }),
    ).to.deep.equal({
      ttftMs: { kind: 'constant', meanMs: 50 },
      itlMs: { kind: 'lognormal', meanMs: 20, sd: 4 },
      slots: 4,
      tokensPerEvent: 3,
      faults: [
        { kind: 'http_429', share: 0.1 },
        { kind: 'stall', share: 1 },
      ],
    })
  })

  for (const flags of [
    { ttft: 'soon' },
    { ttft: 'normal:1ms:2ms:3ms' },
    { itl: 'uniform:5ms' },
    { fault: ['reset'] },
    { fault: ['reset:0'] },
    { fault: ['reset:1.5'] },
  ])
    it(`refuse ${JSON.stringify(flags)}`, () =>
      expect(() => simulate(flags)).to.throw(/--(ttft|itl|fault)/))

  it('stand in groups', () => {
    const groups = new Set(
      Object.values(flagsFrom(vllmStartOptions)).map(({ helpGroup }) => helpGroup),
    )
    expect([...groups]).to.have.members(['MODEL', 'SERVER', 'PARALLEL', 'SIMULATION'])
  })
})
