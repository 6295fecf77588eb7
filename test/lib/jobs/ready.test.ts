import { expect } from 'chai'
import type { AibenchError } from '../../../src/lib/platform/errors.js'
import { untilReady } from '../../../src/lib/jobs/ready.js'
import { contextWith, jobWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { contextOf, receiptOf, toyBatch } from '../../support/toys.js'

const waiting = instanceWith({
  ...{ scheduler: 'slurm', jobId: '4812345', phase: 'submitted' },
  ...{ endpoint: null, startedAt: null, readyAt: null, nodeList: [] },
})
const priority = { raw: 'Priority', plain: 'jobs with higher priority go first', hopeless: false }

const failure = (work: Promise<unknown>): Promise<AibenchError> =>
  work.then(
    () => expect.fail('it did not fail'),
    (error: AibenchError) => error,
  )

describe('waiting until it is ready', () => {
  it('asks the scheduler at most once in ten seconds', async () => {
    await using context = await contextWith([waiting])
    context.scripted.jobs = [jobWith({ state: 'pending', nodes: [], reason: priority })]
    const error = await failure(untilReady(context, waiting, 60_000))
    expect([error.exitCode, error.code]).to.deep.equal([8, 'AIB_PENDING'])
    expect(error.where).to.include('jobs with higher priority go first')
    expect(context.scripted.polls).to.be.within(6, 7)
  })

  it('looks again soon while Slurm has not said why the job waits', async () => {
    const fresh = { ...waiting, submittedAt: '2026-11-24T10:19:59.000Z' }
    await using context = await contextWith([fresh])
    context.scripted.jobs = [jobWith({ state: 'pending', nodes: [] })]
    await failure(untilReady(context, fresh, 20_000))
    expect(context.scripted.polls).to.be.within(5, 7)
  })

  it('asks as seldom when the job was requeued, and its first life left a receipt', async () => {
    const { batch } = toyBatch()
    await using context = await contextOf(batch)
    await context.leaves('receipt.json', receiptOf('stopped'))
    const job = jobWith({ state: 'pending', nodes: [], reason: priority, restarts: 1 })
    context.scripted.jobs = [job]
    await failure(untilReady(context, context.instance, 60_000))
    expect(context.scripted.polls).to.be.within(6, 7)
  })

  it('ends at once when the job can never run', async () => {
    await using context = await contextWith([waiting])
    const reason = {
      ...priority,
      raw: 'BadConstraints',
      plain: 'no node is like that',
      hopeless: true,
    }
    context.scripted.jobs = [jobWith({ state: 'pending', nodes: [], reason })]
    const error = await failure(untilReady(context, waiting, 60_000))
    expect([error.exitCode, error.code]).to.deep.equal([3, 'AIB_JOB_HOPELESS'])
    expect(context.scripted.polls).to.equal(1)
  })

  it('ends at once when the job has ended, with how', async () => {
    await using context = await contextWith([waiting])
    const outcome = { kind: 'node-failed', exitCode: null, signal: null } as const
    context.scripted.jobs = [jobWith({ state: 'ended', outcome })]
    const error = await failure(untilReady(context, waiting, 60_000))
    expect([error.exitCode, error.message]).to.deep.equal([
      6,
      'The job ended before Chroma was ready: its node failed.',
    ])
  })
})
