import { expect } from 'chai'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextIfThere } from '../../src/lib/platform/files.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { realCollector, realPrometheus } from '../support/monitors.js'
import { needs } from '../support/require.js'
import { clock, temporaryFolder } from '../support/surroundings.js'
import { realVllm, SMALL_VLLM } from '../support/vllm.js'

describe('traces of a real vLLM', function () {
  this.timeout(600_000)

  it('go to the Collector of the monitors and lie in a file of their run directory', async function () {
    const [prometheus, collector, vllm] = [
      await realPrometheus(),
      await realCollector(),
      await realVllm(),
    ]
    needs(this, 'prometheus', prometheus.why === '', prometheus.why)
    needs(this, 'collector', collector.why === '', collector.why)
    needs(this, 'vllm', vllm.why === '', vllm.why)
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'tmp'))
    const env = {
      AIBENCH_SCHEDULER: 'local',
      AIBENCH_MONITORS_PROMETHEUS: prometheus.prometheus,
      AIBENCH_MONITORS_COLLECTOR: collector.otelcol,
      AIBENCH_MONITORS_WITH: 'prometheus,collector',
      TMPDIR: join(folder.path, 'tmp'),
      ...SMALL_VLLM.env,
    }
    const run = async (...args: string[]) => {
      const envelope = envelopeOf(await aibench([...args, '--json'], { home: folder.path, env }))
      expect(envelope.ok, JSON.stringify(envelope.error)).to.equal(true)
      return envelope.data
    }
    try {
      const { runDir } = (await run('monitors', 'start', '--wait')).instance
      const where = ['--venv', vllm.venv, '--model-dir', vllm.model, ...SMALL_VLLM.args]
      await run('vllm', 'start', ...where, '--traces', '--wait', '--timeout', '9m')
      await run('vllm', 'chat', 'hello', '--max-tokens', '4')
      const file = join(runDir, 'traces.jsonl')
      let told = ''
      for (let i = 0; i < 300 && !told.includes('llm_request'); i++) {
        await clock.sleep(200)
        told = (await readTextIfThere(file)) ?? ''
      }
      expect(told).to.include('"name":"llm_request"').and.include('gen_ai.usage.completion_tokens')
      // Whose they are, as on everything that an exporter hands on.
      expect(told).to.include('{"key":"name","value":{"stringValue":"vllm"}}')
      const { traces } = await run('monitors', 'check')
      expect(traces.path).to.equal(file)
      expect(traces.bytes).to.be.greaterThan(100)
    } finally {
      await run('vllm', 'stop')
      await run('monitors', 'stop')
    }
  })
})
