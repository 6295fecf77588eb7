import { expect } from 'chai'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readMemberEnd, type Endpoint } from '../../../src/lib/scheduler/receipt.js'
import { clock } from '../../support/surroundings.js'
import { ToyJob, TOY_SERVER } from './job.js'

const command = TOY_SERVER.map((word) => `${word}\n`).join('')
const STACK = ['store', 'collector', 'page'] as const

async function startStack(files: Record<string, string> = {}, settings = {}) {
  const job = await ToyJob.of('toy-stack.sh', { command, ...files }, settings)
  await job.start()
  const members = {} as Record<(typeof STACK)[number], Endpoint>
  for (const name of STACK) members[name] = await job.endpoint(name)
  return { job, members }
}

const status = async ({ port }: Endpoint, headers: Record<string, string> = {}) =>
  (await fetch(`http://127.0.0.1:${port}/`, { headers })).status

describe('a job of one server', function () {
  this.timeout(60_000)

  it('listens, logs to the job’s own files, and stops when it is told to', async () => {
    await using job = await (await ToyJob.of('toy-server.sh', { command })).start()
    const endpoint = await job.endpoint('toy')
    expect(await status(endpoint)).to.equal(200)
    expect(endpoint).to.include({ token: 'aibench:toy', restarts: 0, closed: false })
    expect(JSON.parse(await job.text('endpoint.toy.json'))).to.include({ member: 'toy' })
    await job.says('stdout.log', 'toy is there')
    job.signal('SIGTERM')
    const { code, receipt } = await job.ended()
    expect(code).to.equal(0)
    expect(receipt).to.include({ cause: 'stopped', exitCode: 0, member: null, killed: false })
    expect(receipt.members).to.deep.equal({ toy: { exitCode: 0, signal: null, critical: true } })
    expect(await readdir(job.runDir)).to.not.include.members(['endpoint.toy.json', 'toy.log'])
    expect(await job.left()).to.deep.equal([])
  })

  it('is not blamed by name when it ends: it is the job', async () => {
    await using job = await (await ToyJob.of('toy-server.sh', { command })).start()
    process.kill((await job.endpoint('toy')).pid, 'SIGSEGV')
    const { code, receipt } = await job.ended()
    expect(code).to.equal(1)
    expect(receipt).to.include({ cause: 'exit', member: null, exitCode: null, signal: 'SEGV' })
  })

  it('that does not listen in time is given up', async () => {
    const files = { command: 'sleep\n' }
    const settings = { AIBENCH_READY_DEADLINE_S: '1' }
    await using job = await (await ToyJob.of('toy-server.sh', files, settings)).start()
    const { code, receipt } = await job.ended()
    expect(code).to.equal(1)
    expect(receipt).to.include({ cause: 'not-ready', phase: 'loading', exitCode: null })
    expect(await job.left()).to.deep.equal([])
  })

  it('leaves nothing when its script is killed', async () => {
    await using job = await (await ToyJob.of('toy-server.sh', { command })).start()
    await job.endpoint('toy')
    job.signal('SIGKILL')
    expect(await job.left()).to.deep.equal([])
    expect(await readdir(job.runDir)).to.not.include('receipt.json')
  })
})

describe('a job of several servers', function () {
  this.timeout(60_000)

  it('gives each its port, its log and its secret, and stops the last that was started first', async () => {
    const { job, members } = await startStack()
    await using _ = job
    for (const name of STACK) {
      await job.says(`${name}.log`, `${name} is there`)
      expect((await stat(join(job.runDir, `${name}.log`))).mode & 0o777).to.equal(0o600)
    }
    expect(await status(members.store)).to.equal(200)
    expect(await status(members.page)).to.equal(401)
    const [name, value] = (await job.text('page.header')).trim().split(': ')
    expect(await status(members.page, { [name]: value })).to.equal(200)
    const [user, password] = (await job.text('page.token')).split(':')
    expect([user, password.length > 40]).to.deep.equal(['admin', true])
    job.signal('SIGTERM')
    const { receipt } = await job.ended()
    expect(receipt).to.include({ cause: 'stopped', member: null })
    expect(await job.text('told')).to.equal('page\ncollector\nstore\n')
    expect((await readdir(job.runDir)).filter((file) => /token|header|endpoint/.test(file))).to.be
      .empty
    expect(await job.left()).to.deep.equal([])
  })

  it('goes on without one that is not critical, and says and records it', async () => {
    const { job, members } = await startStack()
    await using _ = job
    process.kill(members.collector.pid, 'SIGKILL')
    await job.says('stderr.log', 'collector ended, signal KILL; the job goes on without it')
    const end = await readMemberEnd(job.runDir, 'aibench:toy', 'collector')
    expect(end).to.include({ jobId: 'toy', restarts: 0, exitCode: null, signal: 'KILL' })
    expect(await status(members.store)).to.equal(200)
    job.signal('SIGTERM')
    const { code, receipt } = await job.ended()
    expect([code, receipt.cause]).to.deep.equal([0, 'stopped'])
    expect(receipt.members.collector).to.deep.equal({
      exitCode: null,
      signal: 'KILL',
      critical: false,
    })
    expect((await job.text('stderr.log')).match(/goes on without/g)).to.have.lengthOf(1)
  })

  it('ends with one that is critical, which is blamed; the others are told', async () => {
    const { job, members } = await startStack()
    await using _ = job
    process.kill(members.page.pid, 'SIGKILL')
    const { code, receipt } = await job.ended()
    expect(code).to.equal(1)
    expect(receipt).to.include({ cause: 'exit', member: 'page', exitCode: null, signal: 'KILL' })
    expect(receipt.members.store).to.deep.equal({ exitCode: 0, signal: null, critical: true })
    expect(await job.text('told')).to.equal('collector\nstore\n')
    expect(await job.left()).to.deep.equal([])
  })

  it('blames what others need when they went with it', async () => {
    const { job, members } = await startStack()
    await using _ = job
    process.kill(members.page.pid, 'SIGKILL')
    process.kill(members.store.pid, 'SIGKILL')
    expect((await job.ended()).receipt).to.include({ cause: 'exit', member: 'store' })
  })

  it('kills at the deadline the one that does not hear, and only that', async () => {
    const { job } = await startStack({ 'store.deaf': '' }, { AIBENCH_STOP_DEADLINE_S: '2' })
    await using _ = job
    job.signal('SIGTERM')
    const { receipt } = await job.ended()
    expect(receipt).to.include({ cause: 'stopped', killed: true })
    expect(receipt.members.store).to.include({ exitCode: null, signal: 'KILL' })
    expect(receipt.members.page).to.include({ exitCode: 0, signal: null })
    expect(await job.left()).to.deep.equal([])
  })

  it('comes back with new secrets when it is requeued', async () => {
    const { job } = await startStack()
    await using _ = job
    const before = await job.text('page.token')
    job.signal('SIGTERM')
    await job.ended()
    await job.start(1)
    expect(await job.endpoint('page')).to.include({ restarts: 1 })
    expect(await job.text('page.token')).to.not.equal(before)
    expect(await readdir(job.runDir)).to.not.include('receipt.json')
    job.signal('SIGTERM')
    expect((await job.ended()).receipt).to.include({ restarts: 1, cause: 'stopped' })
  })
})

describe('a job whose server is started again', function () {
  this.timeout(60_000)

  async function* lives(job: ToyJob) {
    let before = 0
    for (;;) {
      let endpoint = await job.endpoint('toy')
      for (let i = 0; i < 600 && endpoint.pid === before; i++) {
        await clock.sleep(50)
        endpoint = await job.endpoint('toy')
      }
      before = endpoint.pid
      yield endpoint
    }
  }

  it('finds it on its port, so often and not more', async () => {
    await using job = await (await ToyJob.of('toy-again.sh', { command })).start()
    const ports: number[] = []
    for await (const { port, pid } of lives(job)) {
      expect(await status({ port } as Endpoint)).to.equal(200)
      ports.push(port)
      process.kill(pid, 'SIGKILL')
      if (ports.length === 3) break
    }
    const { code, receipt } = await job.ended()
    expect(new Set(ports).size).to.equal(1)
    expect([code, receipt.cause, receipt.signal]).to.deep.equal([1, 'exit', 'KILL'])
    const said = await job.text('stderr.log')
    expect(said.match(/toy ended, signal KILL; it is started again/g)).to.have.lengthOf(2)
    expect(await job.left()).to.deep.equal([])
  })

  it('does what it has to while that still serves, and goes on without an assistant', async () => {
    await using job = await (await ToyJob.of('toy-again.sh', { command })).start()
    await job.endpoint('toy')
    await job.says('stderr.log', 'helper ended, exit code 0; the job goes on without it')
    job.signal('SIGUSR1')
    const { code, receipt } = await job.ended()
    expect([code, receipt.cause]).to.deep.equal([0, 'time-limit'])
    expect(await job.text('kept')).to.equal('served\nsaid 3\n')
    expect(await job.left()).to.deep.equal([])
  })
})
