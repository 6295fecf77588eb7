import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import { realPrometheus, type RealPrometheus } from '../support/monitors.js'
import { monitorsHome, until, valueOf } from '../support/monitors-home.js'
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
      return report.scrapeTrouble.some((text) => text.startsWith('no figures are kept')) && report
    })
    expect(told.scrapeTrouble.join()).to.match(/since [\d:]+ UTC: there is no room left in .*tsdb$/)
    expect(told.figures).to.include({ isAtStart: false })

    // Prometheus takes what is pushed with a 200: that nothing of it is there is found by asking.
    await home.start('vllm', 'start', '--simulate')
    const { data } = await home.run(...BENCH, '--duration', '2s')
    expect(data.monitors).to.include({ verdict: 'incomplete' })
    expect(data.warnings.join('\n')).to.match(/monitors: none of the \d+ totals is there/)
    expect(data.warnings.join('\n')).to.match(/monitors says: no figures are kept since/)

    disk!.makeRoom()
    await until('more', async () => (await valueOf(instance, COUNT)) > before)
    await until('no trouble', async () =>
      (await check()).scrapeTrouble.every((text) => !text.startsWith('no figures')),
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
})
