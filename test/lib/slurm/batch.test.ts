import { expect } from 'chai'
import { readdir } from 'node:fs/promises'
import { ToyJob } from './job.js'

/** A toy benchmark that is this shell script. */
async function startBatch(work: string, files: Record<string, string> = {}) {
  const job = await ToyJob.of('toy-batch.sh', {
    command: 'bash\nwork.sh\n',
    'work.sh': work,
    ...files,
  })
  return job.start()
}

describe('a job that is the benchmark', function () {
  this.timeout(60_000)

  it('has completed when its program says 0; what it told of its progress is there', async () => {
    await using job = await startBatch('echo half >"$AIBENCH_PROGRESS/share"; echo done')
    const { code, receipt } = await job.ended()
    expect(code).to.equal(0)
    expect(receipt).to.include({ cause: 'completed', phase: 'running', exitCode: 0, signal: null })
    expect(receipt.member).to.equal(null)
    expect(receipt.members).to.deep.equal({
      toybatch: { exitCode: 0, signal: null, critical: true },
    })
    expect(await job.text('progress/share')).to.equal('half\n')
    expect(await job.text('stdout.log')).to.match(/^done$/m)
    expect(await job.text('stderr.log')).to.equal('')
  })

  for (const [work, code, end] of [
    ['exit 3', 3, { exitCode: 3, signal: null }],
    ['exit 137', 137, { exitCode: 137, signal: null }],
    ['kill -KILL $$', 1, { exitCode: null, signal: 'KILL' }],
  ] as const)
    it(`has failed when its program ends otherwise: ${work}`, async () => {
      await using job = await startBatch(work)
      const ended = await job.ended()
      expect(ended.code).to.equal(code)
      expect(ended.receipt).to.include({ cause: 'exit', phase: 'running', ...end })
    })

  for (const [signal, cause] of [
    ['SIGTERM', 'stopped'],
    ['SIGUSR1', 'time-limit'],
  ] as const)
    it(`is told to end by ${signal}, and has the time to`, async () => {
      await using job = await startBatch(
        'trap "echo saved >out; exit 0" TERM; echo up; while :; do sleep 0.1; done',
      )
      await job.says('stdout.log', /^up$/m)
      job.signal(signal)
      const { code, receipt } = await job.ended()
      expect([code, receipt.cause, receipt.exitCode]).to.deep.equal([0, cause, 0])
      expect(await job.text('out')).to.equal('saved\n')
    })

  it('leaves nothing when its script is killed, and no word on how it ended', async () => {
    await using job = await startBatch('echo up; sleep 300 & wait')
    await job.says('stdout.log', /^up$/m)
    job.signal('SIGKILL')
    expect(await job.left()).to.deep.equal([])
    expect(await readdir(job.runDir)).to.not.include('receipt.json')
  })

  it('begins anew when it is requeued', async () => {
    await using job = await startBatch(
      'ls "$AIBENCH_PROGRESS"; touch "$AIBENCH_PROGRESS/first"; echo up; sleep 300',
    )
    await job.says('stdout.log', /^up$/m)
    job.signal('SIGTERM')
    await job.ended()
    await job.start(1)
    await job.says('stdout.log', /^up\n[^]*^up$/m)
    expect(await readdir(job.runDir)).to.not.include('receipt.json')
    job.signal('SIGTERM')
    expect((await job.ended()).receipt).to.include({ restarts: 1, cause: 'stopped' })
    expect(await job.text('stdout.log')).to.not.match(/^first$/m)
  })

  it('runs as many tasks, each with its number', async () => {
    await using job = await startBatch('echo "task $AIBENCH_TASK of $AIBENCH_TASKS"', {
      tasks: '2 2\n',
    })
    expect((await job.ended()).receipt).to.include({ cause: 'completed' })
    const tasks = (await job.text('stdout.log')).match(/^task .*/gm)!.sort()
    expect(tasks).to.deep.equal([0, 1, 2, 3].map((task) => `task ${task} of 4`))
  })

  it('ends the other tasks when one fails, whose exit code it is', async () => {
    await using job = await startBatch(
      // Not before the others can hear.
      '((AIBENCH_TASK == 1)) && { until [[ -e up0 && -e up2 ]]; do sleep 0.1; done; exit 7; }; ' +
        'trap "echo told; exit 0" TERM; touch up$AIBENCH_TASK; sleep 300 & wait',
      { tasks: '1 3\n' },
    )
    const { code, receipt } = await job.ended()
    expect([code, receipt.cause, receipt.exitCode]).to.deep.equal([7, 'exit', 7])
    expect((await job.text('stdout.log')).match(/^told$/gm)).to.have.lengthOf(2)
    expect(await job.left()).to.deep.equal([])
  })

  it('tells all its tasks to end', async () => {
    await using job = await startBatch('trap "echo told; exit 0" TERM; echo up; sleep 300 & wait', {
      tasks: '1 2\n',
    })
    await job.says('stdout.log', /^up\n[^]*^up$/m)
    job.signal('SIGTERM')
    expect((await job.ended()).receipt).to.include({ cause: 'stopped', killed: false })
    expect((await job.text('stdout.log')).match(/^told$/gm)).to.have.lengthOf(2)
    expect(await job.left()).to.deep.equal([])
  })
})
