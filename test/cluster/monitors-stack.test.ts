import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import { realGrafana } from '../support/grafana.js'
import { realPrometheus } from '../support/monitors.js'
import { needs } from '../support/require.js'
import { clock } from '../support/surroundings.js'
import { Cluster } from './cluster.js'

/** The servers of the stack themselves; what they watch is another suite's. */
describe('the stack of monitors on a real Slurm cluster', function () {
  this.timeout(180_000)
  const cluster = Cluster.forTests({ nodes: 2 })
  let programs: Record<string, string>
  const done = async (...args: string[]) => {
    const envelope = await cluster.json(['monitors', ...args], { env: programs })
    expect(envelope.ok, JSON.stringify(envelope.error)).to.equal(true)
    return envelope.data
  }
  const manifestOf = ({ runDir }: InstanceReport) => join(runDir, 'archive', 'manifest.json')

  before(async function () {
    const real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
    programs = {
      AIBENCH_MONITORS_PROMETHEUS: real.prometheus,
      AIBENCH_MONITORS_NODE_EXPORTER: real.nodeExporter,
      AIBENCH_MONITORS_WITH: 'prometheus,node',
    }
  })

  it('listens on the address of its node behind its password, and leaves nothing but its archive', async () => {
    const { instance } = await done('start', '--wait')
    const report: InstanceReport = await done('check')
    const [prometheus, node] = report.members
    expect([prometheus.state, node.state]).to.deep.equal(['ready', 'ready'])
    expect(prometheus.endpoint).to.include({ loopbackOnly: false })
    expect(node.endpoint).to.include({ loopbackOnly: true })
    const other = report.node === 'aib0001' ? 'aib0002' : 'aib0001'
    const url = `${prometheus.endpoint!.url}/api/v1/status/buildinfo`
    const ask = (header: string) =>
      cluster.onNode(other, `curl -s -o /dev/null -w '%{http_code}' ${header} ${url}`)
    expect(ask('')).to.equal('401')
    const header = prometheus.endpoint!.tokenFile!.replace(/token$/, 'header')
    expect(ask(`-H @${header}`)).to.equal('200')
    await done('stop')
    expect(existsSync(manifestOf(instance))).to.equal(true)
    expect(cluster.leftovers()).to.deep.equal([])
  })

  it('has a real Grafana that shows the nodes, on its node behind its password, with a link for where a tunnel ends', async function () {
    const { grafana, why } = realGrafana()
    needs(this, 'grafana', why === '', why)
    await done('start', '--wait', '--with', 'prometheus,grafana,node', '--grafana', grafana)
    const report: MonitorsReport = await done('check')
    const { endpoint } = report.members.find(({ name }) => name === 'grafana')!
    const { port } = new URL(endpoint!.url)
    expect(report.tunnel).to.include(`-L 127.0.0.1:${port}:${new URL(endpoint!.url).hostname}:`)
    const link = new URL(readFileSync(report.grafanaLink!, 'utf8').trim())
    expect(link.origin).to.equal(`http://127.0.0.1:${port}`)
    const other = report.node === 'aib0001' ? 'aib0002' : 'aib0001'
    const header = endpoint!.tokenFile!.replace(/token$/, 'header')
    const ask = (words: string, path: string) =>
      cluster.onNode(other, `curl -s ${words} '${endpoint!.url}${path}'`)
    expect(ask('', '/api/search')).not.to.include('aibench-')
    expect(ask(`-H @${header}`, '/api/search')).to.include('aibench-overview')
    const [{ id }] = JSON.parse(ask(`-H @${header}`, '/api/datasources')) as { id: number }[]
    const body = JSON.stringify({
      ...{ from: 'now-1m', to: 'now' },
      queries: [
        {
          ...{ refId: 'A', expr: 'node_load1', intervalMs: 1000, maxDataPoints: 60, range: true },
          ...{ datasourceId: id, datasource: { type: 'prometheus', uid: 'aibench-prometheus' } },
        },
      ],
    })
    const query = `-H @${header} -H 'content-type: application/json' -d '${body}'`
    let answer = ''
    for (let i = 0; i < 50 && !answer.includes(report.node!); i++) {
      answer = ask(query, '/api/ds/query')
      await clock.sleep(300)
    }
    expect(answer).to.include(report.node!)
    await done('stop')
    expect(cluster.leftovers()).to.deep.equal([])
  })

  it('with --loopback is reached on its node alone', async () => {
    const { instance } = await done('start', '--wait', '--loopback')
    expect((instance as InstanceReport).endpoint).to.include({ loopbackOnly: true })
    await done('stop')
  })

  it('keeps what it watched when its time limit is near', async () => {
    const { instance } = await done('start', '--wait')
    await hasSamples()
    cluster.asUser('scancel', '--batch', '--signal=USR1', instance.jobId)
    const report = await ended()
    expect(report.outcome).to.include({ kind: 'timeout' })
    const manifest = JSON.parse(readFileSync(manifestOf(instance), 'utf8')) as { samples: number }
    expect(manifest.samples).to.be.greaterThan(0)
    expect(cluster.leftovers()).to.deep.equal([])
  })

  async function hasSamples(): Promise<void> {
    for (let i = 0; i < 100; i++) {
      const { series } = await done('query', 'count_over_time(up[1m])')
      if (series.length > 0) return
      await clock.sleep(300)
    }
    throw new Error('nothing was ever scraped')
  }

  it('that are requeued come up elsewhere, find what they watched, and have kept what they had', async () => {
    const vllm = await cluster.json(['vllm', 'start', '--simulate', '--wait'])
    expect(vllm.ok, JSON.stringify(vllm.error)).to.equal(true)
    const { instance } = await done('start', '--wait', '--sbatch-arg=--requeue')
    const isUp = async () => {
      const { targets } = (await done('check')) as MonitorsReport
      return targets.some(({ name, error, upAt }) => name === 'vllm' && upAt && error === null)
    }
    const untilUp = async () => {
      for (let i = 0; i < 100 && !(await isUp()); i++) await clock.sleep(300)
      expect(await isUp()).to.equal(true)
    }
    await untilUp()
    const password = () => readFileSync(join(instance.runDir, 'prometheus.token'), 'utf8')
    const first = password()
    await cluster.requeue(instance.jobId)
    const after: MonitorsReport = await done('check', '--wait', '--timeout', '150s')
    expect(after).to.include({ summary: 'ready', jobId: instance.jobId })
    expect(after.earlier).to.deep.equal([join(instance.runDir, 'archive')])
    expect(password()).to.not.equal(first)
    await untilUp()
    await done('stop')
    const livesIn = (folder: string) =>
      (
        JSON.parse(readFileSync(join(instance.runDir, folder, 'manifest.json'), 'utf8')) as {
          instance: { life: number }
        }
      ).instance.life
    expect([livesIn('archive-1'), livesIn('archive')]).to.deep.equal([0, 1])
    await cluster.json(['vllm', 'stop'])
  })

  async function ended(): Promise<InstanceReport> {
    for (let i = 0; i < 200; i++) {
      const report: InstanceReport = await done('check', 'monitors')
      if (report.phase === 'ended') return report
      await clock.sleep(300)
    }
    throw new Error('it did not end')
  }
})
