import { Ajv } from 'ajv'
import { expect } from 'chai'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { ROOT } from '../support/cli.js'
import { clock } from '../support/surroundings.js'
import { Cluster, QUICK_BENCH } from './cluster.js'

describe('Chroma on a real Slurm cluster', function () {
  this.timeout(120_000)
  // MinJobAge is as short as it can be: Slurm forgets its jobs while we look.
  const cluster = Cluster.forTests({ minJobAgeS: 2 })
  const start = (...args: string[]) => cluster.json(['chroma', 'start', ...args])
  const status = async () => (await cluster.json(['status'])).data.instances as InstanceReport[]

  it('lives: start, check, bench, save, stop; and leaves no process, no job, no port', async () => {
    const started = await start('--wait', '--profile', 'tuned')
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const { runDir, nodes } = started.data.instance as InstanceReport
    expect(nodes[0]).to.match(/^aib000\d$/)
    const check = await cluster.json(['chroma', 'check'])
    expect(check.data).to.include({ summary: 'ready', partition: 'cpu' })
    expect(check.data.leftMs).to.be.within(3_000_000, 3_600_000)
    expect(check.data.tunnel).to.match(
      /^ssh -N -o ExitOnForwardFailure=yes -L 127\.0\.0\.1:\d+:127\.0\.0\.1:\d+ /,
    )
    const bench = await cluster.json(['chroma', 'bench', ...QUICK_BENCH])
    expect(bench.ok, JSON.stringify(bench.error)).to.equal(true)
    const validate = new Ajv({ strict: false }).compile(
      JSON.parse(readFileSync(join(ROOT, 'schemas/vector-result.json'), 'utf8')),
    )
    expect(validate(bench.data), JSON.stringify(validate.errors)).to.equal(true)
    expect(bench.data.provenance.worker.host).to.equal(nodes[0])
    expect(bench.data.server.cores).to.be.greaterThan(0)
    expect(bench.data.concurrent[0].recallAtK).to.be.at.least(0.99)
    expect((await cluster.json(['chroma', 'save'])).ok).to.equal(true)
    const stop = await cluster.json(['chroma', 'stop'])
    expect(stop.data).to.include({ killed: false, alreadyGone: false })
    expect(stop.data.outcome.kind).to.equal('completed')
    expect(cluster.jobs()).to.deep.equal([])
    expect(cluster.leftovers()).to.deep.equal([])
    const log = readFileSync(join(runDir, 'stdout.log'), 'utf8')
    expect(log)
      .to.match(/^SLURM_JOB_ID: \d+$/m)
      .and.to.match(/^IP ADDRESS: 10\.78\.0\.1\d$/m)
  })

  it('runs nothing when its files were changed since it was submitted', async () => {
    const started = await start('--sbatch-arg=--begin=now+6')
    const { runDir } = started.data.instance as InstanceReport
    writeFileSync(join(runDir, 'lib.sh'), `touch ${runDir}/ran; exit 0\n`)
    const ended = await cluster.json(['wait', 'chroma', '--for', 'ended', '--timeout', '90s'])
    // This Slurm forgets a job in seconds, and the job leaves no word but in its log: on a busy machine it is gone before it is asked for.
    expect(ended.data.summary, JSON.stringify(ended.error)).to.be.oneOf(['failed', 'lost'])
    expect(readdirSync(runDir)).to.not.include('ran')
    const log = readFileSync(join(runDir, 'stderr.log'), 'utf8')
    expect(log).to.include('are not those that were submitted')
  })

  it('is still told right when Slurm has forgotten the job', async () => {
    await start('--wait')
    const [{ jobId }] = await status()
    cluster.slurm('scancel', '--batch', '--signal=TERM', jobId!)
    for (let i = 0; i < 150; i++) {
      const known = cluster.slurm('squeue', '-h', '-t', 'all', '-o', '%i').split('\n')
      if (!known.includes(jobId!)) break
      await clock.sleep(300)
    }
    const [instance] = await status()
    expect(instance).to.include({ summary: 'ended', detail: 'stopped cleanly' })
  })

  it('never adopts or cancels another job of the same name', async () => {
    const foreign = cluster
      .asUser(
        'sbatch',
        '--parsable',
        '--job-name=aibench-chroma-k3f9',
        '--comment=aibench:not-ours',
        '--output=/dev/null',
        '--wrap=sleep 300',
      )
      .trim()
    await start('--wait')
    expect((await status()).map(({ jobId }) => jobId)).to.not.include(foreign)
    await cluster.json(['chroma', 'stop', '--force'])
    expect(cluster.jobs().map((line) => line.split(' ')[0])).to.deep.equal([foreign])
  })

  it('is not bent by the variables of the user’s shell', async () => {
    const { data, ok, error } = await cluster.json(['chroma', 'start', '--wait'], {
      env: {
        SBATCH_PARTITION: 'nonsense',
        SBATCH_JOB_NAME: 'mine',
        SBATCH_HOLD: '1',
        SBATCH_TIMELIMIT: '1',
        SQUEUE_FORMAT: '%i',
        SQUEUE_STATES: 'PD',
        SQUEUE_PARTITION: 'quick',
        SLURM_JOB_ID: '1',
        SLURM_TIME_FORMAT: 'relative',
        SCANCEL_INTERACTIVE: '1',
      },
    })
    expect(ok, JSON.stringify(error)).to.equal(true)
    expect(data.instance).to.include({ summary: 'ready', partition: 'cpu' })
  })

  it('asks Slurm once for 50 instances, and waits without hammering', async () => {
    const bin = join(cluster.home, 'bin')
    const count = join(cluster.home, 'calls')
    mkdirSync(bin, { mode: 0o755 })
    for (const name of ['squeue', 'scontrol', 'sbatch', 'scancel', 'sinfo']) {
      writeFileSync(
        join(bin, name),
        `#!/bin/sh\necho ${name} >> ${count}\nexec /usr/bin/${name} "$@"\n`,
      )
      chmodSync(join(bin, name), 0o755)
    }
    writeFileSync(count, '')
    chmodSync(count, 0o666)
    const calls = () => readFileSync(count, 'utf8').split('\n').filter(Boolean)
    const env = { PATH: `${bin}:/usr/sbin:/usr/bin:/bin` }
    await cluster.json(['chroma', 'start', '--wait'], { env })
    const path = join(cluster.home, 'state.json')
    const state = JSON.parse(readFileSync(path, 'utf8')) as {
      instances: Record<string, { id: string; name: string }>
    }
    const [one] = Object.values(state.instances)
    for (let i = 0; i < 49; i++) state.instances[`x${i}`] = { ...one, id: `x${i}`, name: `x${i}` }
    writeFileSync(path, JSON.stringify(state))
    writeFileSync(count, '')
    expect((await cluster.json(['status'], { env })).data.instances).to.have.lengthOf(50)
    expect(calls()).to.deep.equal(['squeue'])
    writeFileSync(count, '')
    await cluster.json(['wait', one.name, '--for', 'ended', '--timeout', '21s'], { env })
    expect(calls().length).to.be.within(2, 4)
  })

  it('keeps secrets out of everything that others can read', async () => {
    const env = { AIBENCH_CANARY: 'canary-77aa' }
    await cluster.json(['chroma', 'start', '--wait'], { env })
    const shown =
      cluster.slurm('scontrol', 'show', 'job', '-o') +
      cluster
        .slurm('ps', 'auxwwe')
        .split('\n')
        .filter((line) => !line.includes('runuser'))
        .join('\n')
    expect(shown).to.not.include('canary-77aa')
    const walk = (folder: string): string[] =>
      readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
      )
    for (const path of walk(cluster.home)) {
      if (path.includes('/data/')) continue
      expect(statSync(path).mode & 0o077, path).to.equal(0)
      expect(readFileSync(path, 'latin1'), path).to.not.include('canary-77aa')
    }
  })
})
