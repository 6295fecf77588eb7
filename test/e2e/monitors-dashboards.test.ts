import { expect } from 'chai'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { realPrometheus, type RealPrometheus } from '../support/monitors.js'
import { needs } from '../support/require.js'
import { temporaryFolder } from '../support/surroundings.js'

describe('the dashboards of a benchmark', function () {
  this.timeout(180_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  it('have data in every panel that applies: of the server, the clients, the node and the monitors', async () => {
    await using folder = await temporaryFolder()
    const env = {
      AIBENCH_SCHEDULER: 'local',
      AIBENCH_MONITORS_PROMETHEUS: real.prometheus,
      AIBENCH_MONITORS_NODE_EXPORTER: real.nodeExporter,
      AIBENCH_MONITORS_WITH: 'prometheus,node',
    }
    const run = async (...args: string[]) =>
      envelopeOf(await aibench([...args, '--json'], { home: folder.path, env }))
    try {
      await run('monitors', 'start', '--wait')
      await run('vllm', 'start', '--simulate', '--ttft', '50ms', '--itl', '5ms', '--wait')
      // What it measured is of no matter here: a machine that is busy makes it late.
      await run('vllm', 'bench', 'vllm', '--rate', '10', '--duration', '8s')
      const { data } = await run('monitors', 'check', '--dashboards')
      const { dashboards } = data as MonitorsReport
      expect(dashboards?.map(({ uid }) => uid)).to.include.members([
        ...['aibench-overview', 'aibench-run', 'aibench-vllm', 'aibench-nodes'],
      ])
      const panels = dashboards!.flatMap((board) => board.panels)
      expect(panels.filter(({ state }) => state !== 'data')).to.deep.equal([])
      const ids = panels.map(({ board, id }) => `${board} ${id}`)
      expect(ids).to.include.members([
        ...['aibench-run phase', 'aibench-run ttft', 'aibench-run tokens-total'],
        ...['aibench-vllm kv-cache', 'aibench-nodes cpu-busy', 'aibench-overview own-cpu'],
      ])
    } finally {
      await run('vllm', 'stop')
      await run('monitors', 'stop')
    }
  })
})
