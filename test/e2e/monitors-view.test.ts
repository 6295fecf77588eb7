import { expect } from 'chai'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ViewReport } from '../../src/lib/services/monitors/view.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { realPrometheus } from '../support/monitors.js'
import { needs } from '../support/require.js'
import { clock, temporaryFolder } from '../support/surroundings.js'

describe('monitors view', function () {
  this.timeout(120_000)

  it('draws what a real Prometheus holds, and says why where there is nothing to draw', async function () {
    const real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
    await using folder = await temporaryFolder()
    const home = folder.path
    const env = {
      AIBENCH_SCHEDULER: 'local',
      AIBENCH_MONITORS_PROMETHEUS: real.prometheus,
      AIBENCH_MONITORS_NODE_EXPORTER: real.nodeExporter,
      AIBENCH_MONITORS_WITH: 'prometheus,node',
    }
    const run = async (...args: string[]) =>
      envelopeOf(await aibench(['monitors', ...args, '--json'], { home, env }))

    expect((await run('view')).exitCode, 'none runs').to.equal(4)
    expect((await run('start', '--wait')).error).to.equal(null)
    try {
      const out = join(home, 'aibench-monitors.html')
      let drawn = await run('view', '--range', '30s')
      for (let i = 0; i < 100 && drawn.exitCode === 4; i++) {
        expect(drawn.error!.code).to.equal('AIB_FIGURES_NONE')
        await clock.sleep(200)
        drawn = await run('view', '--range', '30s')
      }
      const report = drawn.data as ViewReport
      expect(report.errors).to.deep.equal([])
      expect(report.boards.map(({ title }) => title).join()).to.include('overview')
      const html = await readFile(out, 'utf8')
      expect(Buffer.byteLength(html)).to.equal(report.bytes)
      expect(html).to.include('<svg').and.to.include('Prometheus 3.16.0')
      expect((await stat(out)).mode & 0o077, 'for its owner alone').to.equal(0)

      expect((await run('view')).error!.code).to.equal('AIB_EXISTS')
      expect((await run('view', 'nope')).error!.code).to.equal('AIB_RUN_UNKNOWN')
      expect((await run('view', 'nope', '--range', '5m')).exitCode).to.equal(2)
    } finally {
      await run('stop')
    }
  })
})
