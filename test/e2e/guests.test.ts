import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkInstance } from '../../src/lib/jobs/check.js'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { startInstance } from '../../src/lib/jobs/start.js'
import { listInstances } from '../../src/lib/jobs/status.js'
import { stopInstance } from '../../src/lib/jobs/stop.js'
import { processesWith } from '../../src/lib/platform/processes.js'
import type { FakeContext } from '../support/context.js'
import { askFor, here, startOf } from '../support/local-toys.js'
import { clock, rejection } from '../support/surroundings.js'
import { toyHolder } from '../support/toys.js'

const LONG = 'trap "echo told; exit 0" TERM; echo up; sleep 300 & wait'

/** An allocation that is held on this machine, and what is started in it. */
class Lab {
  readonly collected: (string | undefined)[]
  private constructor(
    readonly context: FakeContext,
    readonly holder: InstanceReport,
    collected: (string | undefined)[],
  ) {
    this.collected = collected
  }

  static async open(more: { env?: string[]; timeLimitMs?: number } = {}): Promise<Lab> {
    const { batch, collected } = toyHolder()
    const context = await here(batch)
    const { env, ...resources } = more
    const { instance } = await startInstance(context, {
      ...{ ...startOf('toybatch', true), name: 'lab', options: { hold: true, run: 'echo fit' } },
      ...{ resources, job: { env } },
    })
    return new Lab(context, instance, collected)
  }

  async start(name: string, run: string, resources = {}): Promise<InstanceReport> {
    const request = { ...startOf('toybatch', false), name, options: { run }, resources }
    return (await startInstance(this.context, request)).instance
  }

  check(name?: string): Promise<InstanceReport> {
    return checkInstance(this.context, { ...askFor('toybatch'), name })
  }

  ended(name: string): Promise<InstanceReport> {
    return this.until(name, ({ phase }) => phase === 'ended')
  }

  /** Generous: only a hang reaches it. */
  async until(
    name: string,
    isSo: (report: InstanceReport) => boolean | Promise<boolean>,
  ): Promise<InstanceReport> {
    for (let i = 0; i < 600; i++) {
      const report = await this.check(name)
      if (await isSo(report)) return report
      await clock.sleep(100)
    }
    throw new Error(`${name} did not come to it`)
  }

  isUp = ({ runDir }: InstanceReport) => readLog(runDir).includes('up')

  stop(name?: string, more = {}) {
    return stopInstance(this.context, { ...askFor('toybatch'), name, ...more })
  }

  /** The script that all else of it descends from. */
  async scriptOf({ runDir }: InstanceReport): Promise<number> {
    const all = await processesWith(`AIBENCH_LOCAL_JOB_ID=${this.holder.jobId}`)
    const found = all.filter((pid) => commandLine(pid).endsWith(`job.sh ${runDir}`))
    return found[0]
  }

  async left(): Promise<number[]> {
    for (let i = 0; i < 300; i++) {
      const all = await processesWith(`AIBENCH_LOCAL_JOB_ID=${this.holder.jobId}`)
      if (all.length === 0) return all
      await clock.sleep(100)
    }
    return processesWith(`AIBENCH_LOCAL_JOB_ID=${this.holder.jobId}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('lab', { force: true })
    await this.context[Symbol.asyncDispose]()
  }
}

/** Empty of a process that has ended meanwhile. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
  } catch {
    return ''
  }
}

const readLog = (runDir: string) => {
  try {
    return readFileSync(join(runDir, 'stdout.log'), 'utf8')
  } catch {
    return ''
  }
}

describe('an allocation that is held', function () {
  this.timeout(120_000)

  it('proves itself, is ready, and ends when it is told to', async () => {
    await using lab = await Lab.open()
    expect(lab.holder).to.include({ shape: 'holding', summary: 'ready', allocation: null })
    expect((await lab.check('lab')).detail).to.match(/ works$/)
    const { outcome, how } = await lab.stop()
    expect([how, outcome!.kind, outcome!.summary]).to.deep.equal([
      ...['stopped', 'completed', 'stopped cleanly'],
    ])
    expect(lab.collected).to.deep.equal([])
  })

  it('whose proof fails is a start that failed', async () => {
    const { batch } = toyHolder()
    await using context = await here(batch)
    const options = { hold: true, run: 'echo unfit >&2; exit 4' }
    const error = await rejection(startInstance(context, { ...startOf('toybatch', true), options }))
    expect(error).to.include({ exitCode: 6 })
    expect(error.message).to.include('before it was ready').and.include('exit code 4')
  })

  it('runs its guests one after the other, in order, and each is collected', async () => {
    await using lab = await Lab.open()
    const go = join(lab.holder.runDir, 'go')
    await lab.start('first', `echo up; until [ -e ${go} ]; do sleep 0.1; done; date +%s.%N`)
    await lab.start('second', 'date +%s.%N')
    const waiting = await lab.until('second', ({ reason }) => reason !== null)
    expect(waiting).to.include({ summary: 'queued', allocation: lab.holder.id })
    expect(waiting.reason!.plain).to.equal('waits for first')
    const { guests } = await lab.check('lab')
    expect(guests.map(({ name }) => name)).to.deep.equal(['first', 'second'])
    await writeFile(go, '')
    const [first, second] = [await lab.ended('first'), await lab.ended('second')]
    expect([first.summary, second.summary]).to.deep.equal(['completed', 'completed'])
    const [one, other] = [first, second].map(({ runDir }) =>
      Number(/^\d+\.\d+$/m.exec(readLog(runDir))![0]),
    )
    expect(other).to.be.greaterThan(one)
    expect(lab.collected).to.deep.equal(['completed', 'completed'])
    const { runs } = await lab.context.state.read()
    expect(Object.keys(runs).sort()).to.deep.equal([first.id, second.id].sort())
    expect((await lab.check('lab')).phase).to.equal('ready')
    expect(first.jobId).to.equal(lab.holder.jobId)
  })

  it('gives its guests the environment of the job, and nothing of its own', async () => {
    await using lab = await Lab.open({ env: ['MINE=holder'] })
    await lab.start(
      'first',
      'echo "[$MINE] [$AIBENCH_TOKEN] [$AIBENCH_LOCAL_JOB_ID] [$AIBENCH_HOLD]"',
    )
    const { runDir } = await lab.ended('first')
    const { instances } = await lab.context.state.read()
    const own = Object.values(instances).find(({ name }) => name === 'first')!
    expect(readLog(runDir)).to.include(`[] [${own.token}] [${lab.holder.jobId}] []`)
  })

  it('is stopped with its guests: the one at work says so, the others never begin', async () => {
    await using lab = await Lab.open()
    await lab.start('first', LONG)
    await lab.start('second', 'echo up')
    await lab.until('first', lab.isUp)
    const report = await lab.stop()
    expect(report).to.deep.include({ name: 'lab', how: 'stopped', guests: ['first', 'second'] })
    const [first, second] = [await lab.check('first'), await lab.check('second')]
    expect(first.outcome).to.include({ kind: 'cancelled', summary: 'stopped by aibench stop' })
    expect(second.outcome).to.include({ kind: 'cancelled', summary: 'stopped before it started' })
    expect(readLog(first.runDir)).to.include('told')
    expect(readLog(second.runDir)).to.equal('')
    expect(lab.collected).to.deep.equal(['stopped'])
    expect(await lab.left()).to.deep.equal([])
  })

  it('goes on when a guest is stopped, at work or waiting', async () => {
    await using lab = await Lab.open()
    await lab.start('first', LONG)
    await lab.start('second', 'echo up')
    await lab.start('third', 'echo up')
    await lab.until('first', lab.isUp)
    expect((await lab.stop('second')).outcome!.summary).to.equal('stopped before it started')
    const { outcome, how } = await lab.stop('first')
    expect([how, outcome!.summary]).to.deep.equal(['stopped', 'stopped by aibench stop'])
    expect((await lab.ended('third')).summary).to.equal('completed')
    expect(readLog((await lab.check('second')).runDir)).to.equal('')
    expect((await lab.check('lab')).summary).to.equal('ready')
  })

  it('goes on when a guest is killed, by us or with its script', async () => {
    await using lab = await Lab.open()
    await lab.start('first', 'trap "" TERM; echo up; sleep 300')
    const first = await lab.until('first', lab.isUp)
    process.kill(await lab.scriptOf(first), 'SIGKILL')
    const { outcome } = await lab.ended('first')
    expect(outcome).to.include({ kind: 'failed', signal: 'KILL', proof: 'receipt' })
    await lab.start('second', 'trap "" TERM; echo up; while :; do sleep 1; done')
    await lab.until('second', lab.isUp)
    const second = await lab.stop('second', { force: true })
    expect([second.how, second.outcome!.kind]).to.deep.equal(['killed', 'cancelled'])
    await lab.start('third', 'echo up')
    expect((await lab.ended('third')).summary).to.equal('completed')
  })

  it('that is killed takes its guests along, and they say so', async () => {
    await using lab = await Lab.open()
    await lab.start('first', LONG)
    await lab.start('second', 'echo up')
    await lab.until('first', lab.isUp)
    process.kill(await lab.scriptOf(lab.holder), 'SIGKILL')
    const [first, second] = [await lab.ended('first'), await lab.ended('second')]
    expect(first.outcome!.summary).to.match(/^ended with its allocation lab: /)
    expect(second.outcome!.summary).to.match(/^never began: its allocation lab ended before/)
    expect((await lab.check('lab')).phase).to.equal('ended')
    expect(await lab.left()).to.deep.equal([])
  })

  it('tells a guest to end at the time limit that it was given', async () => {
    await using lab = await Lab.open()
    await lab.start('first', LONG, { timeLimitMs: 2_000 })
    const { outcome } = await lab.ended('first')
    expect(outcome!.kind).to.equal('timeout')
    expect((await lab.check('lab')).summary).to.equal('ready')
  })

  it('at its own time limit ends its guest, which says so', async () => {
    await using lab = await Lab.open({ timeLimitMs: 12_000 })
    await lab.start('first', LONG)
    const { outcome } = await lab.ended('first')
    expect(outcome).to.include({
      kind: 'timeout',
      summary: 'ended with its allocation lab: the time limit was reached',
    })
    expect((await lab.ended('lab')).outcome!.kind).to.equal('timeout')
  })

  it('is one for status: its guests cost nothing more', async () => {
    await using lab = await Lab.open()
    await lab.start('first', 'echo up')
    await lab.ended('first')
    const { instances } = await listInstances(lab.context, { all: true })
    expect(instances.map(({ name, summary }) => [name, summary])).to.deep.equal([
      ['lab', 'ready'],
      ['first', 'completed'],
    ])
  })
})
