import { expect } from 'chai'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { clock } from '../support/surroundings.js'
import { Cluster, QUICK_BENCH, type RunOptions } from './cluster.js'

/** The real thing is provoked each time; what is told must be right, nothing doubled, nothing lost, nothing left. */
describe('faults of a real Slurm cluster', function () {
  this.timeout(process.env.AIBENCH_STRESS ? 1_800_000 : 180_000)
  const cluster = Cluster.forTests({ minJobAgeS: 300 })
  const start = (...args: string[]) => cluster.json(['chroma', 'start', ...args])
  const status = async () => (await cluster.json(['status'])).data.instances as InstanceReport[]

  it('names the partition that was meant', async () => {
    const { exitCode, error } = await start('--partition', 'quik')
    expect([exitCode, error!.code]).to.deep.equal([3, 'AIB_PARTITION_UNKNOWN'])
    expect(error!.message).to.include('did you mean "quick"')
    expect(await status()).to.deep.equal([])
  })

  it('finds out at once that a job can never run, and takes it back', async () => {
    for (const args of [
      ['--partition', 'quick', '--time', '2h'],
      ['--nodes', '9'],
    ]) {
      const first = await start(...args)
      const { exitCode, error } = first.ok
        ? await cluster.json(['chroma', 'check', '--wait', '--timeout', '30s'])
        : first
      expect(exitCode, JSON.stringify(error)).to.equal(3)
      expect(error!.code).to.be.oneOf(['AIB_JOB_HOPELESS', 'AIB_NODES', 'AIB_TIME_LIMIT'])
      if (first.ok) await cluster.json(['chroma', 'stop'])
      await clock.sleep(300)
      expect(cluster.jobs()).to.deep.equal([])
    }
  })

  it('is submitted once when the controller stalls in between, and found by the next command', async () => {
    const rounds = process.env.AIBENCH_STRESS ? 100 : 3
    for (let round = 0; round < rounds; round++) {
      const name = `s${round}`
      // The time-out is shorter than Slurm's own, so that the submission is surely cut off.
      let stalling: NodeJS.Timeout | undefined
      const { ok, exitCode, error } = await cluster.json(['chroma', 'start', '--name', name], {
        env: { AIBENCH_SLURM_TIMEOUT: '2s' },
        during: () => void (stalling = setTimeout(() => cluster.stall(), Math.random() * 900)),
      })
      clearTimeout(stalling)
      cluster.resume()
      if (!ok)
        expect([exitCode, error!.code], JSON.stringify(error)).to.be.deep.oneOf([
          [5, 'AIB_SUBMIT_UNCERTAIN'],
          [5, 'AIB_RELEASE'],
        ])
      await clock.sleep(300)
      const again = await cluster.json(['chroma', 'check', name])
      const found = again.data as InstanceReport
      expect(cluster.jobs(), JSON.stringify(found)).to.have.lengthOf(found.jobId === null ? 0 : 1)
      if (found.jobId === null) expect(found.summary).to.equal('unknown')
      await cluster.json(['chroma', 'stop', name, '--force'])
      expect(await cluster.untilNoJobs()).to.deep.equal([])
    }
  })

  it('says that nothing was submitted when the controller is dead, and shows what was known as stale', async () => {
    await start('--wait')
    await cluster.killController()
    try {
      const refused = await start('--name', 'other')
      expect([refused.exitCode, refused.error!.code]).to.deep.equal([5, 'AIB_SCHEDULER_DOWN'])
      const [instance] = await status()
      expect(instance.summary).to.equal('ready')
      expect(instance.staleSince).to.be.a('string')
      const stop = await cluster.json(['chroma', 'stop'])
      expect([stop.exitCode, stop.error!.code]).to.deep.equal([5, 'AIB_SCHEDULER_DOWN'])
    } finally {
      cluster.startController()
    }
    for (let i = 0; i < 50 && (await status())[0].staleSince !== null; i++) await clock.sleep(200)
    expect((await cluster.json(['chroma', 'stop'])).ok).to.equal(true)
  })

  it('that loses its node is told as that', async () => {
    const { data } = await start('--wait')
    const node = Number((data.instance as InstanceReport).node!.slice(-1))
    cluster.killNode(node)
    try {
      let outcome = null
      for (let i = 0; i < 60 && !outcome; i++) {
        await clock.sleep(1_000)
        outcome = (await status())[0].outcome
      }
      expect(outcome).to.include({ kind: 'node-failed' })
    } finally {
      cluster.startNode(node)
      for (
        let i = 0;
        i < 100 &&
        cluster.slurm('sinfo', '-h', '-t', 'idle', '-o', '%D', '-p', 'cpu').trim() !== '3';
        i++
      )
        await clock.sleep(200)
    }
  })

  it('that is cancelled from outside is told as that', async () => {
    const { data } = await start('--wait')
    cluster.asUser('scancel', '--full', (data.instance as InstanceReport).jobId!)
    const after = await cluster.json(['wait', 'chroma', '--for', 'ended', '--timeout', '60s'])
    expect(after.data.summary).to.equal('ended')
    expect(after.data.outcome).to.include({
      kind: 'cancelled',
      summary: 'the job was cancelled from outside',
    })
  })

  it('kills the command that starts, anywhere: the job runs at most once and is found again', async () => {
    const rounds = process.env.AIBENCH_STRESS ? 40 : 4
    for (let round = 0; round < rounds; round++) {
      const name = `k${round}`
      let killing: NodeJS.Timeout | undefined
      const ended = await cluster.run(['chroma', 'start', '--name', name], {
        during: (child) =>
          void (killing = setTimeout(() => cluster.killCommand(child), 50 + Math.random() * 700)),
      })
      clearTimeout(killing)
      // sbatch may live on for a moment.
      await clock.sleep(700)
      const { data, error } = await cluster.json(['chroma', 'check', name])
      const found = data as InstanceReport | null
      if (!found) expect(error!.code, JSON.stringify(ended)).to.equal('AIB_INSTANCE_UNKNOWN')
      expect(cluster.jobs(), JSON.stringify(found)).to.have.lengthOf(found?.jobId ? 1 : 0)
      if (found) await cluster.json(['chroma', 'stop', name, '--force'])
      expect(await cluster.untilNoJobs()).to.deep.equal([])
    }
  })

  it('requeues a job: it is probed again, at its new place', async () => {
    const started = await start('--wait', '--sbatch-arg=--requeue')
    const before = started.data.instance as InstanceReport
    await cluster.requeue(before.jobId!)
    const after = await cluster.json(['chroma', 'check', '--wait', '--timeout', '150s'])
    expect(after.ok, JSON.stringify(after.error)).to.equal(true)
    expect(after.data).to.include({ summary: 'ready', jobId: before.jobId })
    expect(after.data.endpoint.url).to.not.equal(before.endpoint!.url)
    expect((await cluster.json(['chroma', 'bench', ...QUICK_BENCH])).ok).to.equal(true)
    expect((await cluster.json(['chroma', 'stop'])).ok).to.equal(true)
  })

  it('ends a job at its time limit: told as that, the server stopped in good order', async () => {
    await start('--wait', '--time', '1m')
    const { data } = await cluster.json(['wait', 'chroma', '--for', 'ended', '--timeout', '170s'])
    expect(data.outcome.kind).to.equal('timeout')
    expect(data.detail).to.match(/time limit/)
    expect(cluster.leftovers()).to.deep.equal([])
  })

  it('kills the server in the middle of a benchmark: exit 6, and what was measured is there', async () => {
    const { data } = await start('--wait')
    const { runDir } = data.instance as InstanceReport
    const size = ['--vectors', '2000', '--dim', '32', '--queries', '100', '--duration', '20s']
    const bench = await cluster.run(['chroma', 'bench', ...size], {
      during: atFirst(/^… level /m, () => cluster.killServer(runDir)),
    })
    expect(bench.code, bench.stderr).to.equal(6)
    const [{ id }] = (await cluster.json(['runs', 'list'])).data as { id: string }[]
    const kept = await cluster.json(['runs', 'show', id])
    expect(kept.data?.result, JSON.stringify(kept)).to.include({ complete: false })
    const [instance] = await status()
    expect(instance.outcome).to.include({ kind: 'failed', signal: 'KILL' })
  })
})

/** Does it once, as soon as the command says so on stderr: not at a time, which another machine needs for less or more. */
function atFirst(said: RegExp, work: () => void): NonNullable<RunOptions['during']> {
  let [text, isDone] = ['', false]
  return ({ stderr }) =>
    void stderr!.on('data', (chunk: string) => {
      text += chunk
      if (isDone || !said.test(text)) return
      isDone = true
      work()
    })
}
