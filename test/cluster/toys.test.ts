import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import type { Instance } from '../../src/lib/state/schema.js'
import { ToyTree } from '../support/toy-tree.js'
import { clock } from '../support/surroundings.js'
import { Cluster, needsSlurm, QUICK_BENCH } from './cluster.js'

/**
 * Services that nobody ships, each added to a copy of the tree by the documented recipe and by nothing else, on a real Slurm: what a
 * newcomer's service gets for a folder and a line.
 */
describe('toys on a real Slurm cluster', function () {
  this.timeout(600_000)
  const tree = new ToyTree(['toy', 'toystack', 'toybatch', 'toydb'])
  before(function () {
    needsSlurm(this)
    tree.plant()
    tree.build()
  })
  const cluster = Cluster.forTests({ nodes: 2, root: tree.root })
  after(() => tree[Symbol.dispose]())

  describe('a server', () => {
    it('is probed beside its job, told, saved and stopped', async () => {
      const started = await cluster.run(['toy', 'start', '--wait'])
      expect(started.stderr).to.match(/^✓ ready .*, said hello/m)
      const { data } = await cluster.json(['toy', 'check'])
      expect(data).to.include({ phase: 'ready', version: '1.0' })
      expect(data.tunnel).to.match(/^ssh .*-L /)
      expect((await cluster.run(['toy', 'logs'])).stdout).to.include('hello is said')
      expect((await cluster.json(['toy', 'save'])).ok).to.equal(true)
      expect((await cluster.json(['toy', 'stop'])).data.how).to.equal('stopped')
    })
  })

  describe('a stack', () => {
    it('is ready when all that are critical are, each with its address, log and secret', async () => {
      const { instance } = (await cluster.json(['toystack', 'start', '--wait'])).data
      expect(instance.phase).to.equal('ready')
      const { data } = await cluster.json(['toystack', 'check'])
      const states = data.members.map(({ name, state }: { name: string; state: string }) => [
        name,
        state,
      ])
      expect(states).to.deep.equal([
        ['page', 'ready'],
        ['store', 'ready'],
        ['collector', 'ready'],
      ])
      const ports = data.members.map((member: { endpoint: { url: string } }) => member.endpoint.url)
      expect(new Set(ports).size).to.equal(3)
      expect(statSync(join(data.runDir, 'page.token')).mode & 0o777).to.equal(0o600)
      for (const name of ['page', 'store', 'collector'])
        expect((await cluster.run(['toystack', 'logs', name])).stdout).to.include(
          `${name} is there`,
        )
      await cluster.run(['toystack', 'stop'])
    })

    it('lives on without one that is not critical, and ends with one that is', async () => {
      const { instance } = (await cluster.json(['toystack', 'start', '--wait'])).data
      cluster.killServer(instance.runDir, 'collector')
      const told = await until(async () => {
        const { data } = await cluster.json(['toystack', 'check'])
        return data.members[2].state === 'failed' ? data : undefined
      })
      expect(told).to.include({ phase: 'ready', detail: 'The collector ended by signal KILL' })
      cluster.killServer(instance.runDir, 'store')
      const { data, exitCode } = await cluster.json(['wait', 'toystack', '--for', 'ended'])
      expect(exitCode).to.equal(0)
      expect(data.outcome.kind).to.equal('failed')
      expect(data.outcome.summary).to.match(/store/)
    })
  })

  describe('a benchmark that is its job', () => {
    it('runs to its end, which is a success with a result', async () => {
      const { exitCode, data } = await cluster.json(['toybatch', 'start', '--parts', '2', '--wait'])
      expect(exitCode).to.equal(0)
      expect(data.instance).to.include({ summary: 'completed', lastResult: '2 parts' })
      const [run] = (await cluster.json(['runs', 'list'])).data
      expect(run).to.include({ verdict: 'ok', summary: '2 parts', job: data.instance.id })
      expect(run.figures).to.deep.equal({ parts: 2 })
    })

    it('tells how far it is, and when it is told to stop keeps what it has', async () => {
      await cluster.run(['toybatch', 'start', '--parts', '200'])
      const { data } = await untilProgress()
      expect(data.progress.text).to.match(/^part \d+ of 200$/)
      await cluster.run(['toybatch', 'stop'])
      const [run] = (await cluster.json(['runs', 'list'])).data
      expect(run.verdict).to.equal('failed')
      expect(run.summary).to.match(/^\d+ parts$/)
    })

    it('that nobody waits for is collected by whoever looks first, once', async () => {
      const { instance } = (await cluster.json(['toybatch', 'start', '--parts', '1'])).data
      await until(async () => (cluster.jobs().length === 0 ? true : undefined))
      expect(JSON.parse(stateText()).runs).to.deep.equal({})
      await Promise.all([cluster.run(['status']), cluster.run(['runs', 'list'])])
      expect(JSON.parse(stateText()).runs[instance.id]).to.include({ verdict: 'ok' })
    })

    it('that fails says where, exit 6', async () => {
      const ended = await cluster.run(['toybatch', 'start', '--fail-at', '1', '--wait'])
      expect(ended.code).to.equal(6)
      expect(ended.stderr).to.include('a part is broken')
    })

    it('that is requeued begins anew and is one run', async () => {
      const { instance } = (
        await cluster.json(['toybatch', 'start', '--parts', '4', '--sbatch-arg=--requeue'])
      ).data
      await untilProgress()
      await cluster.requeue(instance.jobId)
      const { exitCode, data } = await cluster.json([
        'toybatch',
        'check',
        '--wait',
        '--timeout',
        '5m',
      ])
      expect([exitCode, data.summary, data.lastResult]).to.deep.equal([0, 'completed', '4 parts'])
      expect(Object.keys(JSON.parse(stateText()).runs)).to.have.lengthOf(1)
    })
  })

  describe('nodes that are held', () => {
    const hold = ['toybatch', 'start', '--hold', '--parts', '1', '--name', 'lab']
    const start = async (name: string, ...more: string[]): Promise<InstanceReport> =>
      (await cluster.json(['toybatch', 'start', '--name', name, ...more])).data.instance
    const check = async (name: string): Promise<InstanceReport> =>
      (await cluster.json(['toybatch', 'check', name])).data
    const ended = (name: string) =>
      until(async () => {
        const report = await check(name)
        return report.phase === 'ended' ? report : undefined
      })
    const isAtWork = (name: string) =>
      until(async () => ((await check(name)).progress === null ? undefined : true))

    it('run what is started in them, one after the other, until they are let go', async () => {
      const held = await cluster.run([...hold, '--nodes', '2', '--wait'])
      expect(held.stderr).to.match(/^✓ ready .* works/m)
      const first = await start('first', '--parts', '3')
      const second = await start('second', '--parts', '1', '--steps')
      expect(first.allocation).to.equal(second.allocation)
      expect(cluster.jobs()).to.have.lengthOf(1)
      const { data, exitCode } = await cluster.json(['toybatch', 'check', 'second', '--wait'])
      expect([exitCode, data.summary, data.allocationName]).to.deep.equal([0, 'completed', 'lab'])
      expect(data.reason).to.equal(null)
      // Its srun reaches all nodes of the allocation.
      const log = readFileSync(join(data.runDir, 'stdout.log'), 'utf8')
      expect(new Set(log.match(/^a step on \S+$/gm))).to.have.property('size', 2)
      expect(await check('first')).to.include({ summary: 'completed', lastResult: '3 parts' })
      const runs = (await cluster.json(['runs', 'list'])).data
      expect(runs.map(({ verdict }: { verdict: string }) => verdict)).to.deep.equal(['ok', 'ok'])
      expect((await cluster.json(['toybatch', 'check'])).data.name).to.equal('second')
      const stopped = (await cluster.json(['toybatch', 'stop'])).data
      expect(stopped).to.include({ name: 'lab', how: 'stopped' })
      expect(cluster.leftovers()).to.deep.equal([])
    })

    it('are let go with one at work and one that waits: both say why they ended', async () => {
      await cluster.run([...hold, '--wait'])
      await start('first', '--parts', '300')
      await start('second')
      await isAtWork('first')
      expect((await cluster.json(['status'])).data.schedulerCalls).to.equal(1)
      const { data } = await cluster.json(['toybatch', 'stop'])
      expect(data.guests).to.deep.equal(['first', 'second'])
      const [first, second] = [await check('first'), await check('second')]
      expect(first.outcome!.summary).to.equal('stopped by aibench stop')
      expect(second.outcome!.summary).to.equal('stopped before it started')
      expect(first.lastResult).to.match(/^\d+ parts$/)
    })

    it('that are killed, or cancelled by somebody, take what runs in them along', async () => {
      for (const [name, ...how] of [
        ['killed', '--signal=KILL', '--full'],
        ['cancelled', '--full'],
      ]) {
        await cluster.run([...hold.slice(0, -1), name, '--wait'])
        const { jobId } = await start(`in-${name}`, '--parts', '300', '--in', name)
        await isAtWork(`in-${name}`)
        cluster.slurm('scancel', ...how, jobId!)
        const { outcome } = await ended(`in-${name}`)
        expect(outcome!.summary).to.include(`ended with its allocation ${name}`)
        expect(outcome!.proof).to.equal('receipt')
      }
      await cluster.untilNoJobs()
      await until(async () => (cluster.leftovers().length === 0 ? true : undefined))
    })

    it('whose script is killed, or that of one in them', async () => {
      const held = (await cluster.json([...hold, '--wait'])).data.instance as InstanceReport
      const guest = await start('first', '--parts', '300')
      await isAtWork('first')
      killScript(guest.runDir)
      expect((await ended('first')).outcome).to.include({ kind: 'failed', signal: 'KILL' })
      await start('second', '--parts', '300')
      await isAtWork('second')
      killScript(held.runDir)
      expect((await ended('second')).outcome!.summary).to.match(/^ended with its allocation lab/)
      await until(async () => (cluster.leftovers().length === 0 ? true : undefined))
    })

    it('that are requeued do not run again what had begun, and run what had not', async () => {
      const held = [...hold, '--sbatch-arg=--requeue', '--wait']
      const { jobId } = (await cluster.json(held)).data.instance
      await start('first', '--parts', '300')
      await start('second', '--parts', '1')
      await isAtWork('first')
      await cluster.requeue(jobId)
      const first = await ended('first')
      expect(first.outcome!.summary).to.match(/^ended with its allocation: .* requeued$/)
      const done = await cluster.json(['toybatch', 'check', 'second', '--wait', '--timeout', '5m'])
      expect([done.exitCode, done.data.summary]).to.deep.equal([0, 'completed'])
      const log = readFileSync(join(first.runDir, 'stdout.log'), 'utf8')
      expect(log.match(/toybatch on \S+, started/g)).to.have.lengthOf(1)
    })

    it('lose nothing and run nothing twice when starts in them are killed anywhere', async () => {
      const held = (await cluster.json([...hold, '--wait'])).data.instance as InstanceReport
      for (let i = 0; i < 10; i++) {
        const afterMs = 100 + Math.random() * 900
        await cluster.run(['toybatch', 'start', '--name', `g${i}`, '--parts', '1'], {
          during: (child) => void setTimeout(() => cluster.killCommand(child), afterMs),
        })
      }
      const state = JSON.parse(stateText()) as { instances: Record<string, Instance> }
      const guests = Object.values(state.instances).filter(({ allocation }) => allocation !== null)
      // As if the time was over in which the killed commands might still be at work.
      for (const guest of guests) guest.submittingUntil &&= '2026-01-01T00:00:00.000Z'
      writeFileSync(join(cluster.home, 'state.json'), JSON.stringify(state))
      for (const { name } of guests) expect((await ended(name)).summary).to.equal('completed')
      const log = readFileSync(join(held.runDir, 'stdout.log'), 'utf8')
      expect(log.match(/ begins$/gm) ?? []).to.have.lengthOf(guests.length)
    })
  })

  describe('a database', () => {
    it('is benchmarked by two workers on two nodes, over what it speaks', async () => {
      await cluster.run(['toydb', 'start', '--wait'])
      const workers = ['--clients', '2', '--client-nodes', '2', '--space', 'l2']
      const bench = ['toydb', 'bench', ...workers, ...QUICK_BENCH]
      const { exitCode, data, error } = await cluster.json(bench)
      expect([0, 10], error?.message).to.include(exitCode)
      expect(data).to.deep.include({
        kind: 'vectors',
        product: { name: 'Toy database', version: '1.0' },
      })
      expect(data.errors).to.deep.equal([])
      expect(data.concurrent[0]).to.include({ recallAtK: 1, errors: 0 })
      expect((await cluster.json(['runs', 'show'])).data.result.product.name).to.equal(
        'Toy database',
      )
    })
  })

  const stateText = () => readFileSync(join(cluster.home, 'state.json'), 'utf8')
  const untilProgress = () =>
    until(async () => {
      const envelope = await cluster.json(['toybatch', 'check'])
      return envelope.data.progress === null ? undefined : envelope
    })
})

/** The script of a job or of a guest: the first of those that were started with its folder. */
function killScript(runDir: string): void {
  const script = `(slurm_script|job\\.sh) ${runDir}$`
  const { stdout } = spawnSync('pgrep', ['-o', '-f', script], { encoding: 'utf8' })
  expect(stdout).to.match(/^\d+\n$/)
  process.kill(Number(stdout), 'SIGKILL')
}

/** Generous, and by the clock, so that it is no shorter on a fast machine: only a hang reaches it. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const began = Date.now(); Date.now() - began < 300_000;) {
    const found = await look()
    if (found !== undefined) return found
    await clock.sleep(200)
  }
  throw new Error('it did not come')
}
