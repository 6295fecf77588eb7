import { expect } from 'chai'
import {
  inferenceBenchFrom,
  refuseBesideSelfTest,
  type BenchFlagValues,
} from '../../../../../src/lib/benchmarks/inference/face/request-from-flags.js'
import { givenBy } from '../../../../../src/lib/options/set.js'
import { flagsFrom } from '../../../../../src/lib/cli/option-flags.js'
import {
  vllmOptionsFrom,
  vllmStartOptions,
} from '../../../../../src/lib/services/vllm/start-flags.js'
import { VllmOptionsSchema } from '../../../../../src/lib/services/vllm/options.js'
import * as v from 'valibot'

const bench = (flags: Partial<BenchFlagValues>) => inferenceBenchFrom(flags as BenchFlagValues)
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

describe('the flags of vllm bench', () => {
  it('are passed on as far as they were given', () => {
    const { asked, ...rest } = bench({
      dataset: 'sharegpt:a b.json',
      rate: 'inf',
      'num-prompts': 7,
      temperature: '0',
      duration: '2m',
      'ttft-timeout': '500ms',
      slo: ['ttft_p99<500ms'],
      url: 'http://127.0.0.1:1',
      'client-nodes': 2,
    })
    expect(rest).to.include({ clientNodes: 2 })
    expect(rest.foreign).to.include({ url: 'http://127.0.0.1:1' })
    expect(JSON.parse(JSON.stringify(asked))).to.deep.equal({
      dataset: 'sharegpt:a b.json',
      rate: 'inf',
      numPrompts: 7,
      temperature: 0,
      durationMs: 120_000,
      ttftTimeoutMs: 500,
      slo: ['ttft_p99<500ms'],
    })
  })

  it('leave everything to the plan when there are none', () => {
    expect(JSON.parse(JSON.stringify(bench({})))).to.deep.equal({ foreign: {}, asked: {} })
  })

  it('take burstiness for the gamma arrival that it belongs to', () => {
    expect(bench({ rate: '4', burstiness: '0.5' }).asked).to.include({
      arrival: 'gamma',
      burstiness: 0.5,
    })
    expect(bench({ rate: '4' }).asked.arrival).to.equal(undefined)
  })

  for (const [flags, message] of [
    [{ rate: '4', concurrency: 2 }, /^--rate and --concurrency exclude each other/],
    [{ ramp: '1:2:3s', 'trace-speed': '2' }, /^--ramp and --trace-speed/],
    [{ concurrency: 2, arrival: 'poisson' }, /^--arrival goes with --rate, not with --concurrency/],
    [{ rate: '4', arrival: 'poisson', burstiness: '2' }, /^--burstiness goes with --arrival gamma/],
    [{ 'find-max-rate': true, concurrency: 4 }, /leave --concurrency out/],
    [{ 'find-max-rate': true, rate: 'inf' }, /leave --rate inf out/],
    [{ temperature: 'hot' }, /^--temperature must be a number, not "hot"/],
    [{ 'max-error-share': '' }, /^--max-error-share must be a number/],
    [{ duration: 'long' }, /^--duration must be a duration/],
  ] as const)
    it(`refuse ${JSON.stringify(flags)}`, () => expect(() => bench(flags)).to.throw(message))

  it('have no place beside a self-test, but for those of the output', () => {
    expect(() => refuseBesideSelfTest({ 'self-test': true, json: true }, undefined)).to.not.throw()
    expect(() => refuseBesideSelfTest({ 'self-test': true, rate: '4' }, undefined)).to.throw(
      /leave out --rate/,
    )
    expect(() => refuseBesideSelfTest({ 'self-test': true }, 'llama')).to.throw(/leave out "llama"/)
  })
})
