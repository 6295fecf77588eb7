import { expect } from 'chai'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
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
      cluster.slurm('scontrol', 'requeue', instance.jobId)
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

/** Generous: only a hang reaches it. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 300; i++) {
    const found = await look()
    if (found !== undefined) return found
    await clock.sleep(200)
  }
  throw new Error('it did not come')
}
