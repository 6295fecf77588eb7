import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Receipt } from '../../src/lib/scheduler/receipt.js'
import { formatJobEnvironment } from '../../src/lib/state/run-directories.js'
import { ROOT } from '../support/cli.js'
import { clock } from '../support/surroundings.js'
import { Cluster } from './cluster.js'

/** The library alone, as Slurm runs it: nothing of aibench submits or looks at these jobs. */
describe('job scripts on a real Slurm cluster', function () {
  this.timeout(120_000)
  const cluster = Cluster.forTests()
  let runDir = ''
  const text = (name: string) => {
    try {
      return readFileSync(join(runDir, name), 'utf8')
    } catch {
      return ''
    }
  }
  const receipt = () => JSON.parse(text('receipt.json')) as Receipt

  /** @returns the job's id */
  function submit(script: string, files: Record<string, string>, ...options: string[]): string {
    runDir = join(cluster.home, 'run')
    mkdirSync(runDir, { mode: 0o700 })
    cpSync(join(ROOT, 'test/fixtures/slurm', script), join(runDir, 'service.sh'))
    for (const name of ['job.sh', 'lib.sh', 'lib'])
      cpSync(join(ROOT, 'slurm', name), join(runDir, name), { recursive: true })
    const settings = { AIBENCH_TOKEN: 'aibench:toy', AIBENCH_STOP_DEADLINE_S: '10' }
    const all = { 'job.env': formatJobEnvironment(settings), ...files }
    for (const [name, content] of Object.entries(all)) writeFileSync(join(runDir, name), content)
    spawnSync('chown', ['-R', 'aibtest', runDir])
    const logs = [`--output=${runDir}/stdout.log`, `--error=${runDir}/stderr.log`]
    return cluster
      .asUser(
        ...(['sbatch', '--parsable', '--open-mode=append', `--chdir=${runDir}`] as const),
        ...[...logs, ...options, join(runDir, 'job.sh'), runDir],
      )
      .trim()
  }

  async function until(isSo: () => boolean): Promise<void> {
    for (let i = 0; i < 600 && !isSo(); i++) await clock.sleep(100)
    expect(isSo(), text('stderr.log') + text('stdout.log')).to.equal(true)
  }

  const batch = (work: string, tasks?: string): Record<string, string> => ({
    ...{ command: 'bash\nwork.sh\n', 'work.sh': work },
    ...(tasks === undefined ? {} : { tasks }),
  })
  const onTwoNodes = ['--nodes=2', '--ntasks-per-node=2']

  it('run a benchmark as tasks on several nodes', async () => {
    const work = 'echo "task $AIBENCH_TASK of $AIBENCH_TASKS on $SLURMD_NODENAME"'
    submit('toy-batch.sh', batch(work, '2 2\n'), ...onTwoNodes)
    await until(() => text('receipt.json') !== '')
    expect(receipt()).to.include({ cause: 'completed', exitCode: 0, phase: 'running' })
    const tasks = text('stdout.log')
      .match(/^task .*/gm)!
      .sort()
    expect(tasks).to.deep.equal(
      ['aib0001', 'aib0001', 'aib0002', 'aib0002'].map((node, i) => `task ${i} of 4 on ${node}`),
    )
  })

  it('end the tasks on all nodes when one fails', async () => {
    const work = '((AIBENCH_TASK == 3)) && exit 7; sleep 300'
    submit('toy-batch.sh', batch(work, '2 2\n'), ...onTwoNodes)
    await until(() => text('receipt.json') !== '')
    expect(receipt()).to.include({ cause: 'exit', exitCode: 7 })
    expect(await cluster.untilNoJobs()).to.deep.equal([])
    expect(cluster.leftovers()).to.deep.equal([])
  })

  it('tell the tasks on all nodes to end, and give them the time to', async () => {
    const work =
      'trap "sleep 1; echo saved >out.$AIBENCH_TASK; exit 0" TERM; echo up; while :; do sleep 0.1; done'
    const id = submit('toy-batch.sh', batch(work, '2 2\n'), ...onTwoNodes)
    await until(() => text('stdout.log').match(/^up$/gm)?.length === 4)
    cluster.asUser('scancel', '--batch', '--signal=TERM', id)
    await until(() => text('receipt.json') !== '')
    expect(receipt()).to.include({ cause: 'stopped', killed: false })
    expect(readdirSync(runDir).filter((name) => name.startsWith('out.'))).to.have.lengthOf(4)
  })

  it('leave nothing of a benchmark that is killed', async () => {
    const id = submit('toy-batch.sh', batch('echo up; sleep 300 & wait'))
    await until(() => /^up$/m.test(text('stdout.log')))
    cluster.asUser('scancel', '--batch', '--signal=KILL', id)
    expect(await cluster.untilNoJobs()).to.deep.equal([])
    await until(() => cluster.leftovers().length === 0)
    expect(text('receipt.json')).to.equal('')
  })

  it('begin a benchmark anew when it is requeued', async () => {
    const work = 'ls "$AIBENCH_PROGRESS"; touch "$AIBENCH_PROGRESS/first"; echo up; sleep 300'
    const id = submit('toy-batch.sh', batch(work), '--requeue')
    await until(() => /^up$/m.test(text('stdout.log')))
    await cluster.requeue(id)
    expect(receipt()).to.include({ cause: 'stopped', restarts: 0 })
    await until(() => /^up\n[^]*^up$/m.test(text('stdout.log')))
    cluster.asUser('scancel', '--batch', '--signal=TERM', id)
    await until(() => text('receipt.json') !== '')
    expect(receipt()).to.include({ cause: 'stopped', restarts: 1 })
    expect(text('stdout.log')).to.not.match(/^first$/m)
  })

  it('serve a stack whose members are told in turn to end', async () => {
    const server = join(ROOT, 'test/fixtures/slurm/toy-server.mjs')
    const home = join(cluster.home, 'toy-server.mjs')
    cpSync(server, home)
    spawnSync('chmod', ['a+r', home])
    const id = submit('toy-stack.sh', { command: `${process.execPath}\n${home}\n` })
    await until(() => text('endpoint.page.json') !== '')
    expect(JSON.parse(text('endpoint.store.json'))).to.include({ jobId: id, member: 'store' })
    cluster.asUser('scancel', '--batch', '--signal=TERM', id)
    await until(() => text('receipt.json') !== '')
    expect(Object.keys(receipt().members)).to.deep.equal(['store', 'collector', 'page'])
    expect(text('told')).to.equal('page\ncollector\nstore\n')
    expect(cluster.leftovers()).to.deep.equal([])
  })
})
