import { expect } from 'chai'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { realCollector, realPrometheus, type RealPrometheus } from '../support/monitors.js'
import { pidOf as processPidOf } from '../support/processes.js'
import { found, monitorsHome, type MonitorsHome, until, valueOf } from '../support/monitors-home.js'
import { needs } from '../support/require.js'
import { smallDisk } from '../support/small-disk.js'

const COUNT = 'count_over_time(up{job="prometheus"}[1h])'
/** A benchmark of a few seconds. */
const BENCH = ['vllm', 'bench', '--dataset', 'random', '--concurrency', '4', '--output-len', '16']

describe('monitors in trouble', function () {
  this.timeout(240_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  const prometheusOnly = () =>
    monitorsHome({
      AIBENCH_MONITORS_PROMETHEUS: real.prometheus,
      AIBENCH_MONITORS_WITH: 'prometheus',
    })

  it('whose disk is full say so, go on when there is room, and keep what is there', async function () {
    await using home = await prometheusOnly()
    using disk = smallDisk(home.path, 24)
    needs(this, 'root', disk !== undefined, 'only root can mount a file system')
    const instance = await home.start('monitors', 'start', '--tsdb-dir', join(disk!.path, 'tsdb'))
    const before = await until('samples', async () => (await valueOf(instance, COUNT)) || undefined)
    disk!.fill(16_384)
    const check = async () => (await home.done('monitors', 'check')) as MonitorsReport
    const told = await until('trouble', async () => {
      const report = await check()
      return (
        report.scrapeTrouble.some((text) => text.startsWith('nothing has been stored')) && report
      )
    })
    expect(told.scrapeTrouble.join()).to.match(/since [\d:]+ UTC: no space left in .*tsdb$/)
    expect(told.figures).to.include({ isAtStart: false })

    // Prometheus takes what is pushed with a 200: that nothing of it is there is found by asking.
    await home.start('vllm', 'start', '--simulate')
    const { data } = await home.run(...BENCH, '--duration', '2s')
    expect(data.monitors).to.include({ verdict: 'incomplete' })
    expect(data.warnings.join('\n')).to.match(/monitors: none of the \d+ totals was found/)
    expect(data.warnings.join('\n')).to.match(/monitors says: nothing has been stored since/)

    disk!.makeRoom()
    await until('more', async () => (await valueOf(instance, COUNT)) > before)
    await until('no trouble', async () =>
      (await check()).scrapeTrouble.every((text) => !text.startsWith('nothing has been stored')),
    )
    const kept = await valueOf(instance, COUNT)
    disk!.fill(16_384)
    await home.done('monitors', 'stop')
    expect(await readFile(join(instance.runDir, 'stdout.log'), 'utf8')).to.match(
      /kept in archive: a copy of the data, .*; no snapshot could be made: .*no space left on device\n/,
    )
    const { instance: opened } = await home.done('monitors', 'open', 'monitors')
    expect(await valueOf(opened, COUNT.replace('[1h]', '[1h] offset -1m'))).to.be.at.least(kept)
  })

  /** Kills a server of the monitors in the middle of a benchmark. @returns what the benchmark found, and how many requests are kept */
  async function killedInBench(home: MonitorsHome, instance: InstanceReport, member: string) {
    const bench = home.run(...BENCH, '--duration', '10s')
    const told = 'sum(aibench_client_requests_total{outcome="ok"})'
    await until('requests', async () => (await valueOf(instance, told)) > 5)
    process.kill(await pidOf(instance, member), 'SIGKILL')
    const { data } = await bench
    const log = await readFile(join(instance.runDir, 'stderr.log'), 'utf8')
    expect(log).to.include(`${member} ended, signal KILL; it is started again`)
    const series = `aibench_client_requests_total{run="${data.runId}",outcome="ok"}`
    const [kept, ...others] = await found(instance, `last_over_time(${series}[5m])`)
    expect(others).to.deep.equal([])
    expect(Number(kept.value[1]), 'requests').to.equal(data.monitors.requests.ok)
    return { data, moments: await valueOf(instance, `count_over_time(${series}[5m])`) }
  }

  const pidOf = async ({ runDir }: InstanceReport, member: string) =>
    (JSON.parse(await readFile(join(runDir, `endpoint.${member}.json`), 'utf8')) as { pid: number })
      .pid

  it('whose Prometheus is killed in mid-benchmark have every moment of it, and all from before', async () => {
    await using home = await prometheusOnly()
    const instance = await home.start('monitors', 'start')
    await home.start('vllm', 'start', '--simulate')
    const before = await until('samples', async () => (await valueOf(instance, COUNT)) || undefined)
    const { data, moments } = await killedInBench(home, instance, 'prometheus')
    expect(data.monitors).to.include({ verdict: 'stored' })
    expect(data.monitors.findings).to.deep.equal([])
    // The moment of the end, at which nothing was asked any more, is one more or is not there yet.
    expect(moments).to.be.within(data.monitors.moments.made - 1, data.monitors.moments.made)
    expect(await valueOf(instance, COUNT)).to.be.greaterThan(before)
  })

  it('whose Collector is killed in mid-benchmark count nothing twice, and what is lost is said', async function () {
    const collector = await realCollector()
    needs(this, 'collector', collector.why === '', collector.why)
    await using home = await monitorsHome({
      AIBENCH_MONITORS_PROMETHEUS: real.prometheus,
      AIBENCH_MONITORS_COLLECTOR: collector.otelcol,
      AIBENCH_MONITORS_WITH: 'prometheus,collector',
    })
    const instance = await home.start('monitors', 'start')
    await home.start('vllm', 'start', '--simulate')
    const { data, moments } = await killedInBench(home, instance, 'collector')
    const { made, stored, lost, refused } = data.monitors.moments
    expect([stored + lost + refused, refused]).to.deep.equal([made, 0])
    expect(moments).to.be.at.most(made)
    const isSaid = /\d+ of \d+ moments that were taken are not there/.test(data.warnings.join())
    expect(isSaid).to.equal(data.monitors.verdict === 'incomplete')
    if (data.monitors.verdict === 'stored') expect(moments).to.be.at.least(made - 1)
  })

  it('find an exporter again that was killed, on its other port', async () => {
    await using home = await prometheusOnly()
    await home.start('monitors', 'start')
    const { runDir, name } = await home.start('vllm', 'start', '--simulate')
    const target = async () => {
      const { targets } = (await home.done('monitors', 'check')) as MonitorsReport
      return targets.find((one) => one.name === name && one.job === 'node')
    }
    const isUp = async () => {
      const one = await target()
      return one?.upAt != null && one.error === null && one.url
    }
    const first = await until('up', isUp)
    process.kill(processPidOf(runDir, 'exporter.js'), 'SIGKILL')
    const second = await until('up again', async () => {
      const url = await isUp()
      return url && url !== first && url
    })
    expect(second).to.not.equal(first)
  })

  it('take over a password that is changed in its file, and go on', async () => {
    await using home = await prometheusOnly()
    const instance = await home.start('monitors', 'start')
    const before = await until('samples', async () => (await valueOf(instance, COUNT)) || undefined)
    const statusWith = async (login: string) => {
      const headers = { authorization: `Basic ${btoa(login)}` }
      return (await fetch(`${instance.endpoint!.url}/-/ready`, { headers })).status
    }
    const file = join(instance.runDir, 'prometheus.token')
    const old = await readFile(file, 'utf8')
    await writeFile(file, 'aibench:another-password-of-mine')
    await until(
      'the new one',
      async () => (await statusWith('aibench:another-password-of-mine')) === 200,
    )
    expect(await statusWith(old)).to.equal(401)
    // With the header that people are told to use, which follows.
    await until('more samples', async () => (await valueOf(instance, COUNT)) > before + 1)
    const report = (await home.done('monitors', 'check')) as MonitorsReport
    expect([report.summary, report.scrapeTrouble]).to.deep.equal(['ready', []])
    expect(report.targets.map(({ error }) => error)).to.deep.equal([null])
    await home.done('monitors', 'query', 'up')
  })
})
