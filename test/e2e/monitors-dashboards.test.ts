import { expect } from 'chai'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { measured } from '../support/vllm-home.js'
import { filesystemScript } from '../support/filesystem-script.js'
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
      const load = ['--rate', '10', '--duration', '8s']
      const { monitors } = measured(await run('vllm', 'bench', 'vllm', ...load, '--observer'))
      const programs = monitors!.cost!.programs.map(({ program }) => program)
      expect(programs).to.have.members(['Prometheus', 'node exporter', 'exporter of vllm'])
      expect(monitors!.cost!.scrapes.map(({ page }) => page)).to.have.members(['node', 'vllm'])
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

  it('have the phases of a file system’s benchmark and what came out of them, with nobody looking', async () => {
    await using folder = await temporaryFolder()
    const [home, dir] = [join(folder.path, 'home'), join(folder.path, 'data')]
    for (const name of ['home', 'data', 'elsewhere']) await mkdir(join(folder.path, name))
    const program = await filesystemScript(join(folder.path, 'io500'))
    const env = {
      AIBENCH_SCHEDULER: 'local',
      AIBENCH_MONITORS_PROMETHEUS: real.prometheus,
      AIBENCH_MONITORS_WITH: 'prometheus',
    }
    const runIn =
      (at: string) =>
      async (...args: string[]) =>
        envelopeOf(await aibench([...args, '--json'], { home: at, env }))
    const run = runIn(home)
    const other = join(folder.path, 'elsewhere')
    const elsewhere = runIn(other)
    try {
      await run('monitors', 'start', '--wait')
      const io500 = ['lustre', 'io500', '--io500', program, '--dir', dir, '--preset', 'debug']
      const phases = ['--env', 'SCRIPT_PHASE_S=4']
      const { data: ended } = await run(...io500, '--procs', '1', ...phases, '--wait')
      expect(ended.instance.summary).to.equal('completed')
      const { data } = await run('monitors', 'check', '--dashboards')
      const { dashboards } = data as MonitorsReport
      const panels = dashboards!.flatMap((board) => board.panels)
      expect(panels.filter(({ state }) => state !== 'data')).to.deep.equal([])
      expect(panels.map(({ board, id }) => `${board} ${id}`)).to.include.members([
        ...['aibench-filesystem phase', 'aibench-filesystem phase-bandwidth'],
        ...['aibench-filesystem ranks-bytes', 'aibench-run phase', 'aibench-run phase-bandwidth'],
      ])
      const seen = 'count by (run, phase, name) (last_over_time(aibench_run_info[5m]))'
      const { data: told } = await run('monitors', 'query', seen)
      const bands = told.series.map(({ labels }: { labels: object }) => labels)
      const { id: of } = ended.instance
      for (const phase of ['ior-easy-write', 'mdtest-easy-write'])
        expect(bands).to.deep.include({ run: of, phase, name: 'io500' })

      // Of the run alone: also where only the saved figures know of it.
      const check = ['monitors', 'check', '--dashboards', '--run']
      const zip = join(folder.path, 'saved.zip')
      await run('monitors', 'save', '-o', zip)
      await elsewhere('monitors', 'open', zip)
      for (const there of [run, elsewhere]) {
        const report = (await there(...check, of)).data as MonitorsReport
        const states = report.dashboards!.flatMap((board) => board.panels)
        expect(states.filter(({ state }) => state !== 'data')).to.deep.equal([])
        expect(report.dashboards!.map(({ uid }) => uid)).to.include('aibench-filesystem')
        expect((await there(...check, 'nope')).error!.code).to.equal('AIB_RUN_UNKNOWN')
        const { data: up } = await there('monitors', 'query', 'up')
        expect(up.series).to.not.deep.equal([])
      }
      const both = await run(...check, of, '--range', '5m')
      expect(both.exitCode).to.equal(2)
    } finally {
      await elsewhere('monitors', 'stop')
      await run('lustre', 'stop')
      await run('monitors', 'stop')
    }
  })
})
