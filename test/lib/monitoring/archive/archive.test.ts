import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { makeArchive, type ArchiveOrder } from '../../../../src/lib/monitoring/archive/make.js'
import { countSamples } from '../../../../src/lib/monitoring/archive/ask.js'
import {
  openArchive,
  restoreData,
  verifyArchive,
} from '../../../../src/lib/monitoring/archive/open.js'
import { writeArchive } from '../../../../src/lib/platform/archive.js'
import { NotFoundError, UsageError } from '../../../../src/lib/platform/errors.js'
import { systemHttp } from '../../../../src/lib/platform/http.js'
import { realPrometheus, type RealPrometheus } from '../../../support/monitors.js'
import { startPrometheus, type RunningPrometheus } from '../../../support/prometheus.js'
import { needs } from '../../../support/require.js'
import { clock, rejection, temporaryFolder } from '../../../support/surroundings.js'

const parts = { http: systemHttp, clock }
const SECRET = 'canary-5kq2'

/** Two series over ten minutes, two hours ago. */
async function backfill(promtool: string, dir: string, tsdb: string): Promise<void> {
  const begin = Math.floor(Date.now() / 1000) - 7200
  const lines = Array.from({ length: 600 }, (_, i) => [
    `tokens_total{name="a \\"quoted\\"\\nname"} ${i} ${begin + i}`,
    `busy{name="b"} ${i % 7} ${begin + i}`,
  ])
  const of = (n: 0 | 1) => lines.map((pair) => pair[n]).join('\n')
  const text = `# TYPE tokens counter\n${of(0)}\n# TYPE busy gauge\n${of(1)}\n# EOF\n`
  await writeFile(join(dir, 'old.txt'), text)
  const from = join(dir, 'old.txt')
  await promisify(execFile)(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', from, tsdb])
}

/** A folder with what a job of monitors has on its node, and a run directory. */
async function place(folder: string) {
  const [tsdb, etc, runDir] = ['tsdb', 'etc', 'run'].map((name) => join(folder, name))
  for (const dir of [tsdb, join(etc, 'scrape.d'), runDir]) await mkdir(dir, { recursive: true })
  await writeFile(join(etc, 'prometheus.yml'), 'global: {}\n')
  await writeFile(join(etc, 'scrape.d', 'vllm.yml'), 'scrape_configs: []\n')
  await writeFile(join(etc, 'web.yml'), 'basic_auth_users: { aibench: $2b$10$hash }\n')
  await writeFile(join(etc, 'prometheus.password'), SECRET)
  await writeFile(join(etc, 'careless.yml'), `password: ${SECRET}\n`)
  return { tsdb, etc, runDir }
}

function orderOf(
  { tsdb, etc, runDir }: Awaited<ReturnType<typeof place>>,
  prometheus: RunningPrometheus | null,
): ArchiveOrder {
  return {
    into: runDir,
    version: '0.3.0',
    instance: { id: 'm7k2', name: 'monitors', life: 0 },
    prometheus: { version: '3.16.0', api: prometheus?.api ?? null, tsdb },
    folders: { etc, dashboards: join(etc, 'none') },
    secrets: [SECRET],
  }
}

async function scraped(prometheus: RunningPrometheus): Promise<void> {
  while (!((await prometheus.value('count_over_time(up[1m])')) >= 5)) await sleep(100)
}

describe('an archive of figures', function () {
  this.timeout(60_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  for (const kind of ['new', 'old'] as const)
    it(`of the ${kind} Prometheus has all samples when it is opened again`, async () => {
      await using folder = await temporaryFolder()
      const where = await place(folder.path)
      const [program, promtool] =
        kind === 'new' ? [real.prometheus, real.promtool] : [real.oldPrometheus, real.oldPromtool]
      await backfill(promtool, folder.path, where.tsdb)
      const running = { program, dir: folder.path }
      let made
      {
        await using prometheus = await startPrometheus({
          ...{ ...running, tsdb: where.tsdb, scrapeInterval: '200ms' },
        })
        await scraped(prometheus)
        made = await makeArchive(parts, orderOf(where, prometheus))
      }
      const { manifest } = made
      expect(manifest.kind).to.equal('snapshot')
      expect(manifest.samples).to.be.greaterThan(1200)
      expect(manifest.counted!.samples).to.be.at.least(1200)
      expect(Object.keys(manifest.files)).to.include.members([
        'etc/prometheus.yml',
        'etc/scrape.d/vllm.yml',
      ])

      const zip = join(folder.path, 'run.zip')
      const saved = { roots: [where.runDir], exclude: [], overwrite: false }
      await writeArchive({ out: zip, ...saved })
      for (const path of [made.path, where.runDir, zip]) {
        const archive = await openArchive(path)
        await verifyArchive(archive)
        archive.files.close()
        expect(archive.manifest).to.deep.equal(manifest)
      }
      const archive = await openArchive(zip)
      const opened = join(folder.path, 'opened')
      await restoreData(archive, opened)
      archive.files.close()
      await using again = await startPrometheus({ ...running, tsdb: opened })
      const range = { from: manifest.from!, at: manifest.counted!.at }
      expect(await countSamples(systemHttp, again.api, range)).to.equal(manifest.counted!.samples)
      const end = manifest.from! / 1000 + 599
      expect(await again.value('tokens_total{name="a \\"quoted\\"\\nname"}', end)).to.equal(599)
      expect(await again.value('sum(count_over_time(busy[20m]))', end)).to.equal(600)
      const all = { from: manifest.from!, at: manifest.to! }
      // The blocks count the markers of series that ended too.
      expect(await countSamples(systemHttp, again.api, all)).to.be.within(
        manifest.samples * 0.99,
        manifest.samples,
      )
    })

  it('holds no secret, and says which file was left out for one', async () => {
    await using folder = await temporaryFolder()
    const where = await place(folder.path)
    const { path, manifest } = await makeArchive(parts, orderOf(where, null))
    expect(manifest.leftOut).to.deep.equal(['etc/careless.yml'])
    expect(Object.keys(manifest.files)).to.deep.equal([
      'etc/prometheus.yml',
      'etc/scrape.d/vllm.yml',
    ])
    const { stdout } = await promisify(execFile)('grep', ['-rc', SECRET, path]).catch(
      (error: unknown) => error as { stdout: string },
    )
    expect(stdout).not.to.match(/:[1-9]/)
  })

  it('of a Prometheus that was killed has what the log replays', async () => {
    await using folder = await temporaryFolder()
    const where = await place(folder.path)
    const running = { program: real.prometheus, dir: folder.path }
    let count
    {
      await using prometheus = await startPrometheus({
        ...{ ...running, tsdb: where.tsdb, scrapeInterval: '200ms' },
      })
      await scraped(prometheus)
      count = await prometheus.value('count_over_time(up[1m])')
    }
    const { path, manifest } = await makeArchive(parts, orderOf(where, null))
    expect(manifest).to.include({ kind: 'copy', why: 'it had ended', counted: null, samples: 0 })
    const opened = join(folder.path, 'opened')
    await restoreData(await openArchive(path), opened)
    await using again = await startPrometheus({ ...running, tsdb: opened })
    expect(await again.value('count_over_time(up[1m])')).to.be.at.least(count)
  })

  it('is a copy when a snapshot is refused, and says why', async () => {
    await using folder = await temporaryFolder()
    const where = await place(folder.path)
    const http = {
      call: () =>
        Promise.resolve({
          status: 500,
          body: '{"status":"error","errorType":"internal","error":"no space left on device"}',
        }),
    }
    const api = { url: 'http://127.0.0.1:9', authorization: 'none' }
    const order = orderOf(where, null)
    const prometheus = { ...order.prometheus, api }
    const { manifest } = await makeArchive({ http, clock }, { ...order, prometheus })
    expect(manifest).to.include({ kind: 'copy', why: 'no space left on device' })
  })

  it('replaces an earlier one, but not that of an earlier life of the job', async () => {
    await using folder = await temporaryFolder()
    const where = await place(folder.path)
    const order = orderOf(where, null)
    const version = async (name: string) =>
      (await openArchive(join(where.runDir, name))).manifest.aibench
    await makeArchive(parts, order)
    await makeArchive(parts, { ...order, version: '0.4.0' })
    expect(await version('archive')).to.equal('0.4.0')
    expect(await readdir(where.runDir)).to.deep.equal(['archive'])
    const instance = { ...order.instance, life: 1 }
    await makeArchive(parts, { ...order, instance, version: '0.5.0' })
    expect(await version('archive')).to.equal('0.5.0')
    expect(await version('archive-1')).to.equal('0.4.0')
    expect(await version('.')).to.equal('0.5.0')
  })

  describe('that is not as it was', () => {
    async function made(folder: string): Promise<string> {
      const where = await place(folder)
      return (await makeArchive(parts, orderOf(where, null))).path
    }
    const damage = async (path: string) => {
      const archive = await openArchive(path)
      return rejection(verifyArchive(archive).finally(() => archive.files.close()))
    }

    it('is refused, and names the file that changed, grew or is missing', async () => {
      await using folder = await temporaryFolder()
      const path = await made(folder.path)
      const file = join(path, 'etc', 'prometheus.yml')
      const before = await readFile(file, 'utf8')
      await writeFile(file, before.replace('global', 'glocal'))
      expect((await damage(path)).evidence).to.equal('etc/prometheus.yml is not as it was written')
      await appendFile(file, 'x')
      expect((await damage(path)).evidence).to.match(/^etc\/prometheus.yml has \d+ bytes, not/)
      await rm(file)
      const error = await damage(path)
      expect(error).to.be.instanceOf(UsageError)
      expect(error).to.include({
        code: 'AIB_ARCHIVE_DAMAGED',
        evidence: 'etc/prometheus.yml is missing',
      })
    })

    it('is refused when its .zip was cut off', async () => {
      await using folder = await temporaryFolder()
      const path = await made(folder.path)
      const out = join(folder.path, 'a.zip')
      await writeArchive({ out, roots: [path], exclude: [], overwrite: false })
      await truncate(out, 700)
      expect(await rejection(openArchive(out))).to.include({ code: 'AIB_ARCHIVE_DAMAGED' })
    })

    it('is refused when it is of a newer version, or none', async () => {
      await using folder = await temporaryFolder()
      const path = await made(folder.path)
      const manifest = join(path, 'manifest.json')
      const text = await readFile(manifest, 'utf8')
      await writeFile(manifest, text.replace('monitors-archive/1', 'monitors-archive/2'))
      const newer = await rejection(openArchive(join(path, '..')))
      expect(newer).to.include({ code: 'AIB_ARCHIVE_NEWER' })
      expect(newer.where).to.contain('monitors-archive/2')
      await writeFile(manifest, '{')
      expect(await rejection(openArchive(join(path, '..')))).to.include({
        code: 'AIB_ARCHIVE_DAMAGED',
      })
      expect(await rejection(openArchive(join(folder.path, 'etc')))).to.include({
        code: 'AIB_NO_ARCHIVE',
      })
      const none = await rejection(openArchive(join(folder.path, 'no')))
      expect(none).to.be.instanceOf(NotFoundError)
    })
  })
})
