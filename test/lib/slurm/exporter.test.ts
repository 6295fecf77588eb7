import { expect } from 'chai'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExporterRecord } from '../../../src/lib/platform/exporter-files.js'
import { ROOT } from '../../support/cli.js'
import { pidOf } from '../../support/processes.js'
import { clock } from '../../support/surroundings.js'
import { ToyJob, TOY_SERVER } from './job.js'

const lines = (words: readonly string[]) => words.map((word) => `${word}\n`).join('')
/** By its address: the job stands in a folder from which no package is found. */
const TSX = import.meta.resolve('tsx')
const EXPORTER = [process.execPath, '--import', TSX, join(ROOT, 'src/lib/exporter/main.ts')]
const PLAN = { listen: 'loopback', members: { toy: { path: '/', secret: null } } }

async function started(exporter: readonly string[] = EXPORTER) {
  const job = await ToyJob.of('toy-server.sh', {
    command: lines(TOY_SERVER),
    exporter: lines(exporter),
    'exporter.json': JSON.stringify(PLAN),
  })
  return job.start()
}

/** Once it knows the server. */
async function recordOf(job: ToyJob, notPort = 0): Promise<ExporterRecord> {
  for (let i = 0; i < 600; i++) {
    const names = await readdir(job.runDir)
    const file = names.find((name) => /^exporter\..+\.json$/.test(name))
    const text = file && (await job.text(file).catch(() => undefined))
    const record = text ? (JSON.parse(text) as ExporterRecord) : undefined
    if (record && record.port !== notPort && record.members.length > 0) return record
    await clock.sleep(50)
  }
  throw new Error('it did not come')
}

describe('the exporter of a job', function () {
  this.timeout(60_000)

  it('passes on what the server tells, asks for its token, and is in no list; stop leaves nothing of it', async () => {
    await using job = await started()
    const { host, port } = await recordOf(job)
    const [name, value] = (await job.text('exporter.header')).trim().split(': ')
    const get = (headers: Record<string, string>) =>
      fetch(`http://${host}:${port}/member/toy/metrics`, { headers })
    expect((await get({})).status).to.equal(401)
    expect((await get({ [name]: value })).status).to.equal(200)
    expect(await job.text('stderr.log')).to.equal('')
    job.signal('SIGTERM')
    const { code, receipt } = await job.ended()
    expect(code).to.equal(0)
    expect(receipt.members).to.have.all.keys('toy')
    expect(await job.left()).to.deep.equal([])
    const names = await readdir(job.runDir)
    expect(
      names.filter((name) => /^exporter\./.test(name) && !name.endsWith('.log')),
    ).to.deep.equal(['exporter.json'])
  })

  it('that is killed is started again, with the same token, and tells where', async () => {
    await using job = await started()
    const first = await recordOf(job)
    const pid = pidOf(job.runDir, 'exporter/main.ts')
    process.kill(pid, 'SIGKILL')
    const { host, port } = await recordOf(job, first.port)
    const [name, value] = (await job.text('exporter.header')).trim().split(': ')
    const url = `http://${host}:${port}/member/toy/metrics`
    expect((await fetch(url, { headers: { [name]: value } })).status).to.equal(200)
    expect(await job.text('stderr.log')).to.match(
      /aibench: the exporter ended, signal KILL; it is started again\n$/,
    )
    job.signal('SIGTERM')
    expect((await job.ended()).receipt).to.include({ cause: 'stopped' })
    expect(await job.left()).to.deep.equal([])
  })

  it('goes with a job whose script is killed', async () => {
    await using job = await started()
    await recordOf(job)
    job.signal('SIGKILL')
    expect(await job.left()).to.deep.equal([])
  })

  for (const [what, exporter] of [
    ['fails', ['false']],
    ['is not there', ['/nowhere/node']],
    ['never listens', ['sleep', '300']],
  ] as const)
    it(`that ${what} keeps nobody from anything`, async () => {
      await using job = await started(['env', ...exporter])
      const { port } = await job.endpoint('toy')
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).to.equal(200)
      // Longer than the script looks at its members.
      await clock.sleep(700)
      job.signal('SIGTERM')
      const { code, receipt } = await job.ended()
      expect([code, receipt.cause, receipt.member]).to.deep.equal([0, 'stopped', null])
      expect(await job.left()).to.deep.equal([])
    })

  it('is another one with another token after a requeue', async () => {
    await using job = await started()
    await recordOf(job)
    const first = await job.text('exporter.token')
    job.signal('SIGTERM')
    await job.ended()
    await writeFile(join(job.runDir, 'exporter.n9.json'), '{"members":[]}')
    await job.start(1)
    await recordOf(job)
    expect(await job.text('exporter.token')).to.not.equal(first)
    expect(await readdir(job.runDir)).to.not.include('exporter.n9.json')
  })
})
