import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { openArchive } from '../../src/lib/monitoring/archive/open.js'
import { filesOfTree } from '../../src/lib/platform/copy-tree.js'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import type { OpenReport } from '../../src/lib/services/monitors/open.js'
import type { ViewReport } from '../../src/lib/services/monitors/view.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { realPrometheus, type RealPrometheus } from '../support/monitors.js'
import { pidOf, processesOf } from '../support/processes.js'
import { needs } from '../support/require.js'
import { clock, temporaryFolder } from '../support/surroundings.js'

const COUNT = 'count_over_time(up{job="prometheus"}[1h])'

describe('what monitors watched', function () {
  this.timeout(180_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  const callIn = (home: string) => async (args: readonly string[]) => {
    const env = {
      AIBENCH_SCHEDULER: 'local',
      AIBENCH_MONITORS_PROMETHEUS: real.prometheus,
      AIBENCH_MONITORS_WITH: 'prometheus',
    }
    return envelopeOf(await aibench(['monitors', ...args, '--json'], { home, env }))
  }
  const runIn =
    (home: string) =>
    async (...args: string[]) => {
      const envelope = await callIn(home)(args)
      expect(envelope.ok, JSON.stringify(envelope.error)).to.equal(true)
      return envelope
    }

  async function ask({ endpoint, runDir }: InstanceReport, path: string): Promise<unknown> {
    const header = await readFile(join(runDir, 'prometheus.header'), 'utf8')
    const headers = { authorization: header.trim().replace('Authorization: ', '') }
    return (await fetch(`${endpoint!.url}/api/v1/${path}`, { headers })).json()
  }

  async function valueOf(instance: InstanceReport, query: string): Promise<number> {
    const answer = await ask(instance, `query?query=${encodeURIComponent(query)}`)
    const { data } = answer as { data: { result: { value: [0, string] }[] } }
    return Number(data.result[0]?.value[1] ?? 0)
  }

  /** The manifest counts what is five seconds old. */
  async function watched(instance: InstanceReport, atLeast = 8): Promise<number> {
    for (let i = 0; i < 900; i++) {
      const count = await valueOf(instance, COUNT)
      if (count >= atLeast) return count
      await clock.sleep(100)
    }
    throw new Error('no samples came')
  }

  it('is saved while they run, opened again with the same samples, and holds no secret', async () => {
    await using folder = await temporaryFolder()
    const run = runIn(folder.path)
    const { instance } = (await run('start', '--wait')).data as { instance: InstanceReport }
    const token = (await readFile(join(instance.runDir, 'prometheus.token'), 'utf8')).trim()
    await watched(instance)
    const zip = join(folder.path, 'saved.zip')
    const { warnings } = await run('save', '-o', zip)
    expect(warnings ?? []).to.deep.equal([])
    const again = await callIn(folder.path)(['save', '-o', zip])
    expect(again.error!.code).to.equal('AIB_EXISTS')
    expect(again.error!.hints.at(-1)).to.include('--output FILE.zip').and.not.include(' -o ')
    const { data: stopped } = await run('stop')
    expect(stopped.how).to.equal('stopped')

    const opened = (await run('open', zip)).data as OpenReport
    expect(opened.archive.kind).to.equal('snapshot')
    expect(opened.counted).to.be.greaterThan(0)
    expect(opened.counted).to.equal(opened.archive.counted!.samples)
    // Nothing is scraped: what is there stays as it was.
    const { data } = (await ask(opened.instance, 'targets')) as { data: { activeTargets: [] } }
    expect(data.activeTargets).to.deep.equal([])
    // What is looked at is all that it holds, whenever that was.
    const drawn = (await run('view', '-o', join(folder.path, 'saved.html'))).data as ViewReport
    const { from, to } = opened.archive as { from: number; to: number }
    expect(Date.parse(drawn.from)).to.be.within(from - 1000, from + 1000)
    expect(Date.parse(drawn.to)).to.be.within(to - 1000, to + 1000)
    const { dashboards } = (await run('check', '--dashboards')).data as MonitorsReport
    expect(dashboards?.map(({ uid }) => uid)).to.include('aibench-overview')
    expect((await run('stop')).data.how).to.equal('stopped')
    expect(existsSync(join(opened.instance.runDir, 'archive'))).to.equal(false)

    // That of the end has no less, and takes the place of the first.
    const archive = await openArchive(join(instance.runDir, 'archive'))
    expect(archive.manifest.samples).to.be.at.least(opened.archive.samples)
    expect(existsSync(join(instance.runDir, 'archive-1'))).to.equal(false)
    const [, password] = token.split(':')
    for (const { path } of await filesOfTree(join(instance.runDir, 'archive')))
      expect((await readFile(path, 'latin1')).includes(password), path).to.equal(false)
    expect(processesOf(folder.path)).to.deep.equal([])
  })

  it('is kept at the warning of the time limit', async () => {
    await using folder = await temporaryFolder()
    const run = runIn(folder.path)
    const { instance } = (await run('start', '--wait')).data as { instance: InstanceReport }
    await watched(instance, 2)
    process.kill(pidOf(folder.path, 'job.sh'), 'SIGUSR1')
    for (let i = 0; i < 600 && processesOf(folder.path).length > 0; i++) await clock.sleep(100)
    const receipt = await readFile(join(instance.runDir, 'receipt.json'), 'utf8')
    expect(JSON.parse(receipt)).to.include({ cause: 'time-limit' })
    const { manifest } = await openArchive(instance.runDir)
    expect(manifest.kind).to.equal('snapshot')
    expect(manifest.samples).to.be.greaterThan(0)
  })

  it('is brought from the node when the job is killed, and opened by its name', async () => {
    await using folder = await temporaryFolder()
    const run = runIn(folder.path)
    const { instance } = (await run('start', '--wait')).data as { instance: InstanceReport }
    const before = await watched(instance, 3)
    await run('stop', '--force')
    for (let i = 0; i < 600 && processesOf(folder.path).length > 0; i++) await clock.sleep(100)
    const opened = (await run('open', instance.name)).data as OpenReport
    expect(opened.archive).to.include({ kind: 'copy', why: 'it had ended' })
    const count = `${COUNT.replace('[1h]', '[1h] offset -5m')}`
    expect(await valueOf(opened.instance, count)).to.be.at.least(before)
    await run('stop')
  })

  it('that is damaged or not there is told with its file, and nothing is started', async () => {
    await using folder = await temporaryFolder()
    const { exitCode, error } = await callIn(folder.path)(['open', 'no-such.zip'])
    expect([exitCode, error?.code]).to.deep.equal([4, 'AIB_NO_ARCHIVE'])
    expect(existsSync(join(folder.path, 'runs'))).to.equal(false)
  })
})
