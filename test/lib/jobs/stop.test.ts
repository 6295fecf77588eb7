import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stopInstance } from '../../../src/lib/jobs/stop.js'
import { contextWith, jobWith, type FakeContext } from '../../support/context.js'
import { instanceWith, type InstanceChange } from '../../support/instances.js'
import { rejection } from '../../support/surroundings.js'

const onSlurm = (change: InstanceChange = {}) =>
  instanceWith({ scheduler: 'slurm', jobId: '4812345', endpoint: null, ...change })
const request = { service: 'chroma', timeoutMs: 5_000, force: false }
const LOST = {
  ...{ kind: 'lost' as const, exitCode: null, signal: null, proof: 'concluded' as const },
  summary: 'forgotten',
}
const DONE = { ...LOST, kind: 'completed' as const, proof: 'receipt' as const, summary: 'stopped' }

/** A mode does not keep root from writing, a read-only file system does. */
async function readOnly(folder: string): Promise<() => Promise<void>> {
  if (process.getuid?.() !== 0) {
    await chmod(folder, 0o500)
    return () => chmod(folder, 0o700)
  }
  execFileSync('mount', ['--bind', folder, folder])
  execFileSync('mount', ['-o', 'remount,bind,ro', folder])
  return async () => void execFileSync('umount', ['--lazy', folder])
}

/** The job ends as soon as it is told, by a word that the test chooses. */
function endsWhenTold(context: FakeContext, kind: 'cancelled' | 'completed', when = 'TERM'): void {
  context.scripted.cancel = async ({ id }, how) => {
    context.scripted.done.push(`cancel ${id} ${how}`)
    if (how !== when) return
    const outcome = { kind, exitCode: null, signal: null }
    context.scripted.jobs = [jobWith({ state: 'ended', rawState: 'CA', outcome })]
  }
}

const recordOf = async (context: FakeContext) => (await context.state.read()).instances.k3f9

describe('a stop', () => {
  it('tells the job to end, and records how it did', async () => {
    await using context = await contextWith([onSlurm()])
    context.scripted.jobs = [jobWith()]
    endsWhenTold(context, 'completed')
    const report = await stopInstance(context, request)
    expect(report).to.include({ alreadyGone: false, how: 'stopped', killed: false })
    expect(context.scripted.done).to.deep.equal(['cancel 4812345 TERM'])
    expect((await recordOf(context)).outcome).to.include({ kind: 'completed', proof: 'scheduler' })
  })

  it('kills what outlives its deadline, and says so', async () => {
    await using context = await contextWith([onSlurm()])
    context.scripted.jobs = [jobWith()]
    endsWhenTold(context, 'cancelled', 'KILL')
    expect((await stopInstance(context, request)).how).to.equal('killed at the deadline')
    expect(context.scripted.done).to.deep.equal(['cancel 4812345 TERM', 'cancel 4812345 KILL'])
    expect((await recordOf(context)).outcome!.summary).to.equal('killed by aibench stop')
  })

  it('by force is no deadline', async () => {
    await using context = await contextWith([onSlurm()])
    context.scripted.jobs = [jobWith()]
    endsWhenTold(context, 'cancelled', 'KILL')
    expect((await stopInstance(context, { ...request, force: true })).how).to.equal('killed')
    expect(context.scripted.done).to.deep.equal(['cancel 4812345 KILL'])
  })

  it('of a job that waits is no cancellation from outside', async () => {
    await using context = await contextWith([onSlurm({ phase: 'submitted', startedAt: null })])
    context.scripted.jobs = [jobWith({ state: 'pending', nodes: [] })]
    endsWhenTold(context, 'cancelled')
    expect((await stopInstance(context, request)).how).to.equal('stopped')
    expect((await recordOf(context)).outcome!.summary).to.equal('stopped before it started')
  })

  it('of what is known to have ended does nothing, and asks nobody', async () => {
    await using context = await contextWith([onSlurm({ phase: 'ended', outcome: DONE })])
    context.scripted.jobs = [jobWith()]
    expect(await stopInstance(context, request)).to.include({ alreadyGone: true })
    expect([context.scripted.polls, context.scripted.done]).to.deep.equal([0, []])
  })

  it('of what was only thought to have ended asks first, and ends it when it lives', async () => {
    const endedAt = '2026-10-01T10:00:00.000Z'
    await using context = await contextWith([onSlurm({ phase: 'ended', outcome: LOST, endedAt })])
    context.scripted.jobs = [jobWith()]
    endsWhenTold(context, 'completed')
    expect((await stopInstance(context, request)).alreadyGone).to.equal(false)
    expect(context.scripted.done).to.deep.equal(['cancel 4812345 TERM'])
  })

  it('of what the scheduler says has ended tells nobody to end', async () => {
    await using context = await contextWith([onSlurm()])
    const outcome = { kind: 'timeout' as const, exitCode: null, signal: null }
    context.scripted.jobs = [jobWith({ state: 'ended', rawState: 'TO', outcome })]
    const report = await stopInstance(context, request)
    expect([report.alreadyGone, report.outcome!.kind]).to.deep.equal([true, 'timeout'])
    expect(context.scripted.done).to.deep.equal([])
  })

  it('of a job that outlives the kill too is not over: what to do next is said', async () => {
    await using context = await contextWith([onSlurm()])
    context.scripted.jobs = [jobWith()]
    const error = await rejection(stopInstance(context, request))
    expect([error.exitCode, error.code]).to.deep.equal([8, 'AIB_STILL_ALIVE'])
    expect(context.scripted.done).to.deep.equal(['cancel 4812345 TERM', 'cancel 4812345 KILL'])
    expect((error.hints as string[])[0]).to.equal('aibench chroma stop chroma --force')
    expect((await recordOf(context)).phase).to.not.equal('ended')
  })

  it('in the dark does nothing, with the words of the scheduler', async () => {
    for (const instance of [onSlurm(), onSlurm({ phase: 'ended', outcome: LOST })]) {
      await using context = await contextWith([instance])
      context.scripted.trouble = 'Slurm does not answer'
      const error = await rejection(stopInstance(context, request))
      expect([error.exitCode, error.code]).to.deep.equal([5, 'AIB_SCHEDULER_DOWN'])
      expect(error.where).to.include('Slurm does not answer')
      expect(context.scripted.done).to.deep.equal([])
    }
  })

  it('comes before mending: a job that can not be let go is cancelled', async () => {
    await using context = await contextWith([onSlurm({ phase: 'held', startedAt: null })])
    context.scripted.jobs = [jobWith({ state: 'held', nodes: [] })]
    context.scripted.release = () => expect.fail('it was let go')
    endsWhenTold(context, 'cancelled')
    expect((await stopInstance(context, request)).how).to.equal('stopped')
  })

  it('comes before the record: a home that can not be written keeps no job alive', async () => {
    await using context = await contextWith([onSlurm()])
    context.scripted.jobs = [jobWith()]
    endsWhenTold(context, 'completed')
    const writableAgain = await readOnly(context.folder)
    try {
      expect((await stopInstance(context, request)).how).to.equal('stopped')
    } finally {
      await writableAgain()
    }
    expect(context.warnings.join()).to.include('could not be recorded')
  })

  it('of a submission without a job gives it up, and cancels the job when it appears', async () => {
    const intended = onSlurm({ phase: 'intended', jobId: null, startedAt: null })
    await using context = await contextWith([intended])
    await stopInstance(context, request)
    expect((await recordOf(context)).outcome).to.include({ kind: 'cancelled', proof: 'concluded' })
    context.scripted.jobs = [jobWith({ state: 'held', nodes: [] })]
    const { listInstances } = await import('../../../src/lib/jobs/status.js')
    await listInstances(context, { all: true })
    expect(context.scripted.done).to.deep.equal(['cancel 4812345 KILL'])
  })

  it('says that the server was killed when its script had to', async () => {
    await using context = await contextWith()
    const runDir = join(context.folder, 'run')
    await mkdir(runDir)
    const times = { submitted: null, containerStarted: null, loaded: null, ready: null }
    const receipt = {
      ...{ jobId: '4812345', token: 'aibench:0123', phase: 'stopping', exitCode: null },
      ...{ signal: 'KILL', cause: 'stopped', killed: true, node: 'mel0001' },
      times: { ...times, started: '2026-11-24T10:15:02.000Z', ended: '2026-11-24T10:19:00.000Z' },
    }
    await context.state.update((draft) => void (draft.instances.k3f9 = onSlurm({ runDir })))
    context.scripted.jobs = [jobWith()]
    endsWhenTold(context, 'completed')
    const { cancel } = context.scripted
    context.scripted.cancel = async (job, how) => {
      await writeFile(join(runDir, 'receipt.json'), JSON.stringify(receipt))
      await cancel(job, how)
    }
    const { how, outcome } = await stopInstance(context, request)
    expect(how).to.equal('killed at the deadline')
    expect(outcome!.summary).to.not.include('good order')
  })
})
