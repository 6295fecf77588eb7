import { expect } from 'chai'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { processesOf } from '../support/processes.js'
import { needs } from '../support/require.js'
import { measured, short, vllmHome, type VllmHome } from '../support/vllm-home.js'
import { realVllm, sharedMemory, SMALL_VLLM } from '../support/vllm.js'

/** Random weights write white space without end where a schema allows it. */
const ENDS_PROPERLY =
  '--vllm-arg=--structured-outputs-config={"backend":"xgrammar","disable_any_whitespace":true}'
const CONSTRAINED = ['json', 'json-unique', 'json-schema', 'grammar', 'regex', 'choice']

describe('benchmarks of a real vLLM', function () {
  this.timeout(600_000)
  const memory = new Set(sharedMemory())
  let home: VllmHome
  let instance: InstanceReport

  before(async function () {
    const real = await realVllm()
    needs(this, 'vllm', real.why === '', real.why)
    home = await vllmHome()
    instance = await home.start([
      ...['vllm', 'start', '--venv', real.venv, '--model-dir', real.model],
      ...[...SMALL_VLLM.args, ENDS_PROPERLY, '--wait', '--timeout', '9m'],
    ])
  })
  after(() => home?.[Symbol.asyncDispose]())

  const bench = async (...more: string[]) => measured(await home.run(short(...more)))

  it('random token ids: exact lengths, the server counted the same, nothing was in its cache', async () => {
    const result = await bench('--num-prompts', '16', '--input-len', '100', '--output-len', '20')
    expect(result.requests).to.deep.equal({ issued: 16, ok: 16, failed: 0, dropped: 0 })
    expect(result.throughput).to.include({ inputTokens: 1_600, outputTokens: 320 })
    const { check } = result.server
    expect(result.product.version).to.match(/^0\.32/)
    expect(check.findings, JSON.stringify(check)).to.deep.equal([])
    expect(check.requests).to.deep.equal({ client: 16, server: 16, difference: 0 })
    expect(check.outputTokens!.difference).to.equal(0)
    expect(check.prefixCacheHitShare).to.be.below(0.02)
    expect(result).to.include({ simulated: false })
    const { ttftMs, itlMs, e2eMs } = result.metrics
    // What comes together with the first token has no gap before it: a busy server packs them so.
    expect(itlMs.n).to.be.within(16 * 18, 16 * 19)
    // The server's clock stops before its answer is on the wire.
    expect(check.ttftMs!.server).to.be.within(0, ttftMs.mean! + 1)
    expect(e2eMs.min).to.be.greaterThan(ttftMs.min!)
  })

  for (const kind of CONSTRAINED)
    it(`${kind}: all that is complete is valid, and the server counted the same`, async () => {
      const args = ['--num-prompts', '12', '--concurrency', '6', '--warmup', '0']
      const result = await bench('--dataset', kind, ...args, '--output-len', '256')
      const { constrained, probe, field } = result.structured!
      expect(probe.honoured, JSON.stringify(probe)).to.equal(true)
      expect(field).to.equal('structured_outputs')
      expect(constrained, JSON.stringify(constrained.examples)).to.include({
        invalid: 0,
        failed: 0,
      })
      expect(constrained.validShare).to.equal(1)
      expect(constrained.valid).to.be.at.least(6)
      expect(constrained.valid + constrained.truncated).to.equal(12)
      expect(result.server.check.requests!.difference).to.equal(0)
      expect(result.server.check.verdict).to.equal('reconciled')
    })

  // Its cache keeps blocks of 128 tokens.
  it('prefix: what requests share is found in the cache', async () => {
    const args = ['--dataset', 'prefix', '--num-prompts', '24', '--input-len', '512']
    const { server, requests } = await bench(...args)
    expect(requests.ok).to.equal(24)
    expect(server.check.prefixCacheHitShare).to.be.greaterThan(0.1)
  })

  it('multi-turn: conversations are answered', async () => {
    const { requests, server } = await bench('--dataset', 'multi-turn', '--output-len', '16')
    expect([requests.ok, server.check.requests!.difference]).to.deep.equal([12, 0])
  })

  it('paired: what constraints cost, and what the same prompts give without', async () => {
    const { structured } = await bench('--dataset', 'choice', '--paired-baseline')
    expect(structured!.constrained.validShare).to.equal(1)
    expect(structured!.unconstrained!.valid).to.be.below(structured!.constrained.valid)
    for (const figure of ['ttftMs', 'outputTokensPerSecond'] as const)
      expect(structured!.overhead![figure].ratio, figure).to.be.greaterThan(0)
    expect(structured!.firstUse.distinct).to.be.at.least(1)
  })

  it('a silent cut of max_tokens is told', async () => {
    const args = ['--num-prompts', '2', '--concurrency', '1', '--warmup', '0']
    const result = await bench(...args, '--input-len', '2000', '--output-len', '128')
    expect(result.throughput.outputTokens).to.equal(2 * 48)
    expect(result.warnings.join()).to.include('2 answers were cut by the server')
  })

  it('answers a question, and names its model', async () => {
    const chat = await home.run(['vllm', 'chat', 'hello', '--max-tokens', '8'])
    expect(chat.data).to.include({ outputTokens: 8, model: 'tiny', simulated: false })
    const { models } = (await home.run(['vllm', 'models'])).data
    expect(models[0]).to.include({ id: 'tiny', maxModelLen: 2048 })
  })

  it('is kept, and after stop nothing is left', async () => {
    const saved = await home.run(['vllm', 'save', '-o', join(home.path, 'out.zip')])
    expect(saved.ok, JSON.stringify(saved.error)).to.equal(true)
    expect((await home.run(['vllm', 'stop'])).data).to.include({ killed: false, portClosed: true })
    expect(processesOf(home.path)).to.deep.equal([])
    expect(sharedMemory().filter((name) => !memory.has(name))).to.deep.equal([])
    expect(await readdir(join(home.path, 'tmp'))).to.deep.equal([])
    expect(
      (await readdir(instance.runDir)).filter((name) => /token|header/.test(name)),
    ).to.deep.equal([])
  })
})
