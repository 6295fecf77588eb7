import { expect } from 'chai'
import { inferenceBenchOptions } from '../../../../src/lib/benchmarks/inference/options.js'
import { planOf } from '../../../../src/lib/benchmarks/inference/plan-from-request.js'
import { refuseBesideSelfTest } from '../../../../src/lib/benchmarks/inference/self-test.js'
import { givenBy } from '../../../../src/lib/options/set.js'
import { contextWith } from '../../../support/context.js'
import { rejection } from '../../../support/surroundings.js'

type Flags = Readonly<Record<string, unknown>>
const given = (flags: Flags) => givenBy(inferenceBenchOptions, flags)
const plan = async (flags: Flags) => {
  await using context = await contextWith()
  return await planOf(context, given(flags), { bench: 'aibench vllm bench' })
}

describe('the flags of vllm bench', () => {
  it('are passed on as far as they were given', () => {
    const { url, clientNodes, ...asked } = given({
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
    expect({ url, clientNodes }).to.deep.equal({ url: 'http://127.0.0.1:1', clientNodes: 2 })
    expect(asked).to.deep.equal({
      dataset: 'sharegpt:a b.json',
      rate: 'inf',
      numPrompts: 7,
      temperature: 0,
      durationMs: 120_000,
      timeouts: { ttftMs: 500 },
      slo: ['ttft_p99<500ms'],
    })
  })

  it('leave everything to the plan when there are none', async () => {
    expect(given({})).to.deep.equal({})
    expect(await plan({})).to.deep.include({
      ...{
        numPrompts: 1_000,
        seed: 1,
        clients: 1,
        slo: [],
        warmup: { requests: 4, durationMs: null },
      },
      timeouts: { connectMs: 10_000, ttftMs: 600_000, idleMs: 120_000, totalMs: 3_600_000 },
      load: {
        kind: 'rate',
        ratePerSecond: 4,
        arrival: 'poisson',
        burstiness: 1,
        maxInFlight: null,
      },
    })
  })

  it('become the plan’s fields', async () => {
    expect(
      await plan({
        ...{ ramp: '1:20:5m', 'max-concurrency': 8, warmup: '30s', salt: 'none', 'input-len': 64 },
        ...{ 'idle-timeout': '5s', 'max-error-rate': '0.5' },
      }),
    ).to.deep.include({
      ...{ warmup: { requests: 0, durationMs: 30_000 }, salt: '', errorRateLimit: 0.5 },
      load: { kind: 'ramp', fromPerSecond: 1, toPerSecond: 20, overMs: 300_000, maxInFlight: 8 },
      dataset: { kind: 'random', inputTokens: 64, outputTokens: 128, vocabulary: 4_000 },
      timeouts: { connectMs: 10_000, ttftMs: 600_000, idleMs: 5_000, totalMs: 3_600_000 },
    })
  })

  it('take burstiness for the gamma arrival that it belongs to', async () => {
    expect((await plan({ rate: '4', burstiness: '0.5' })).load).to.include({
      arrival: 'gamma',
      burstiness: 0.5,
    })
  })

  for (const [flags, message] of [
    [{ rate: '4', concurrency: 2 }, /^--rate and --concurrency exclude each other/],
    [{ ramp: '1:2:3s', 'trace-speed': '2' }, /^--ramp and --trace-speed/],
    [{ concurrency: 2, arrival: 'poisson' }, /^--arrival goes with --rate, not with --concurrency/],
    [{ rate: '4', arrival: 'poisson', burstiness: '2' }, /^--burstiness goes with --arrival gamma/],
    [{ 'find-max-rate': true, concurrency: 4 }, /leave --concurrency out/],
    [{ 'find-max-rate': true, rate: 'inf' }, /leave --rate inf out/],
    [{ rate: 'fast' }, /^--rate must be a number of requests per second, or inf, not "fast"/],
    [{ ramp: '1:x:3s' }, /^--ramp must be FROM:TO:TIME/],
    [{ warmup: 'some' }, /^--warmup must be a duration such as 30s, or a number/],
    [{ 'ttft-timeout': '0' }, /^--ttft-timeout must be more than 0/],
    [{ temperature: 'hot' }, /^--temperature must be a number, not "hot"/],
    [{ 'max-error-rate': '' }, /^--max-error-rate must be a number/],
    [{ duration: 'long' }, /^--duration must be a duration/],
  ] as const)
    it(`refuse ${JSON.stringify(flags)}`, async () =>
      expect((await rejection(plan(flags))).message).to.match(message))

  it('have no place beside a self-test, but for those of the output', () => {
    expect(() => refuseBesideSelfTest({ 'self-test': true, json: true }, undefined)).to.not.throw()
    expect(() => refuseBesideSelfTest({ 'self-test': true, rate: '4' }, undefined)).to.throw(
      /leave out --rate/,
    )
    expect(() => refuseBesideSelfTest({ 'self-test': true }, 'llama')).to.throw(/leave out "llama"/)
  })
})
