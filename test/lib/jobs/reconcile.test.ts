import { expect } from 'chai'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SchedulerError } from '../../../src/lib/platform/errors.js'
import type { Outcome } from '../../../src/lib/scheduler/contract.js'
import type { Receipt } from '../../../src/lib/scheduler/receipt.js'
import { mergeOutcome } from '../../../src/lib/jobs/ends.js'
import { reconcile } from '../../../src/lib/jobs/reconcile.js'
import type { Instance } from '../../../src/lib/state/schema.js'
import { contextWith, jobWith, type FakeContext } from '../../support/context.js'
import { instanceWith, type InstanceChange } from '../../support/instances.js'

const ENDPOINT = {
  ...{ jobId: '4812345', token: 'aibench:0123', scheme: 'http', host: '127.0.0.1', port: 39857 },
  ...{ node: 'mel0001', ip: '10.0.0.1', pid: 7, startedAt: '2026-11-24T10:15:03.000Z' },
}

function receiptWith(change: Partial<Receipt> = {}): Receipt {
  const times = {
    submitted: null,
    started: null,
    containerStarted: null,
    loaded: null,
    ready: null,
  }
  return {
    ...{ jobId: '4812345', token: 'aibench:0123', phase: 'ready', exitCode: 0, signal: null },
    ...{ cause: 'stopped', killed: false, node: 'mel0001', restarts: 0, members: {} },
    times: { ...times, ended: '2026-11-24T10:19:00.000Z' },
    ...change,
  }
}

const OUTCOME = {
  ...{ kind: 'completed' as const, exitCode: 0, signal: null },
  ...{ summary: 'stopped in good order', proof: 'receipt' as const },
}

const onSlurm = (change: InstanceChange = {}) =>
  instanceWith({ scheduler: 'slurm', jobId: '4812345', ...change })

async function withRunDirectory(
  context: FakeContext,
  instance: Instance,
  files: Record<string, object>,
): Promise<Instance> {
  const runDir = join(context.folder, 'runs', instance.id)
  await mkdir(runDir, { recursive: true })
  for (const [name, content] of Object.entries(files))
    await writeFile(join(runDir, name), JSON.stringify(content))
  return { ...instance, runDir }
}

async function seen(context: FakeContext, instance: Instance): Promise<Instance> {
  await context.state.update((draft) => {
    draft.instances[instance.id] = instance
  })
  const [observation] = await reconcile(context, [instance])
  const { instances } = await context.state.read()
  expect(instances[instance.id], 'what is shown is on record').to.deep.equal(observation.instance)
  return observation.instance
}

describe('what is seen of an instance', () => {
  it('starts when its job runs, and is ready only while its endpoint is the one that was probed', async () => {
    await using context = await contextWith()
    context.scripted.jobs = [jobWith()]
    const submitted = onSlurm({ phase: 'submitted', endpoint: null, nodeList: [] })
    expect(await seen(context, submitted)).to.deep.include({ phase: 'starting', members: {} })
    const listens = await withRunDirectory(context, onSlurm(), { 'endpoint.json': ENDPOINT })
    expect((await seen(context, listens)).phase).to.equal('ready')
    const moved = await withRunDirectory(context, onSlurm(), {
      'endpoint.json': { ...ENDPOINT, port: 40001 },
    })
    const after = await seen(context, moved)
    expect([after.phase, after.members.chroma.endpoint!.port]).to.deep.equal(['starting', 40001])
  })

  it('is not believed by an endpoint of another job', async () => {
    await using context = await contextWith()
    context.scripted.jobs = [jobWith()]
    const instance = await withRunDirectory(
      context,
      onSlurm({ phase: 'submitted', endpoint: null }),
      { 'endpoint.json': { ...ENDPOINT, token: 'aibench:other' } },
    )
    expect(await seen(context, instance)).to.deep.include({ phase: 'starting', members: {} })
  })

  it('waits again when it was requeued, and listens nowhere', async () => {
    await using context = await contextWith()
    context.scripted.jobs = [jobWith({ state: 'pending', nodes: [] })]
    const instance = await seen(context, onSlurm({ phase: 'ready' }))
    expect([instance.phase, instance.members]).to.deep.equal(['submitted', {}])
  })

  it('stays as it was while the scheduler is silent', async () => {
    await using context = await contextWith()
    context.scripted.trouble = 'Unable to contact slurm controller'
    expect(await seen(context, onSlurm())).to.deep.equal(onSlurm())
  })

  it('is lost when nobody knows its job and it left no receipt', async () => {
    await using context = await contextWith()
    const { phase, outcome } = await seen(context, onSlurm())
    expect([phase, outcome!.kind]).to.deep.equal(['ended', 'lost'])
  })

  it('has ended as its receipt says when the scheduler has forgotten it', async () => {
    await using context = await contextWith()
    const instance = await withRunDirectory(context, onSlurm(), { 'receipt.json': receiptWith() })
    const { outcome, endedAt } = await seen(context, instance)
    expect(outcome).to.include({ kind: 'completed', summary: 'stopped cleanly' })
    expect(endedAt).to.equal('2026-11-24T10:19:00.000Z')
  })

  it('once taken for lost, is put right when its receipt appears', async () => {
    await using context = await contextWith()
    const instance = await withRunDirectory(context, onSlurm(), {})
    expect((await seen(context, instance)).outcome!.kind).to.equal('lost')
    const { instances } = await context.state.read()
    await withRunDirectory(context, onSlurm(), { 'receipt.json': receiptWith() })
    expect((await seen(context, instances.k3f9)).outcome!.kind).to.equal('completed')
  })

  it('is let go when its submitter was cut off, in its first minutes', async () => {
    await using context = await contextWith()
    context.scripted.jobs = [jobWith({ state: 'held', nodes: [] })]
    const cutOff = onSlurm({
      ...{ phase: 'intended', jobId: null, nodeList: [], endpoint: null },
      intendedAt: '2026-11-24T10:19:50.000Z',
    })
    expect(await seen(context, cutOff)).to.include({ phase: 'submitted', jobId: '4812345' })
    expect(context.scripted.done).to.deep.equal(['release 4812345'])
  })

  it('is left alone while another command submits it', async () => {
    await using context = await contextWith()
    context.scripted.jobs = [jobWith({ state: 'held', nodes: [] })]
    await seen(
      context,
      onSlurm({
        ...{ phase: 'intended', jobId: null, endpoint: null, startedAt: null },
        submittingUntil: '2026-11-24T10:21:00.000Z',
      }),
    )
    expect(context.scripted.done).to.deep.equal([])
  })

  it('was never submitted when its job has not surfaced for ten minutes; later it is cancelled', async () => {
    await using context = await contextWith()
    const intended = onSlurm({
      ...{ phase: 'intended', jobId: null, nodeList: [], endpoint: null, startedAt: null },
      intendedAt: '2026-11-24T10:09:59.000Z',
    })
    const given = await seen(context, intended)
    expect([given.phase, given.outcome!.kind]).to.deep.equal(['ended', 'cancelled'])
    context.scripted.jobs = [jobWith({ state: 'held', nodes: [] })]
    await seen(context, given)
    expect(context.scripted.done).to.deep.equal(['cancel 4812345 KILL'])
  })

  it('costs one question, however many there are, and none for those that have ended', async () => {
    await using context = await contextWith()
    const many = Array.from({ length: 50 }, (_, i) =>
      onSlurm({ id: `i${i}`, name: `n${i}`, token: `aibench:${i}` }),
    )
    context.scripted.jobs = many.map(({ token }) => jobWith({ token }))
    await reconcile(context, many)
    expect(context.scripted.polls).to.equal(1)
    await reconcile(
      context,
      many.map((one) => ({ ...one, phase: 'ended', outcome: OUTCOME })),
    )
    expect(context.scripted.polls).to.equal(1)
  })
})

/** Absence is not an end. */
describe('an end', () => {
  const requeued = receiptWith({ cause: 'stopped' })

  it('is not the receipt of a script that was told to stop, while the scheduler is silent', async () => {
    await using context = await contextWith()
    context.scripted.trouble = 'Slurm does not answer'
    const instance = await withRunDirectory(context, onSlurm(), { 'receipt.json': requeued })
    expect(await seen(context, instance)).to.include({ phase: 'stopping', outcome: null })
    context.scripted.trouble = undefined
    context.scripted.jobs = [jobWith({ state: 'pending', nodes: [], restarts: 1 })]
    const { instances } = await context.state.read()
    expect(await seen(context, instances.k3f9)).to.include({ phase: 'submitted', restarts: 1 })
  })

  it('is not the receipt of an earlier life', async () => {
    await using context = await contextWith()
    const second = onSlurm({ restarts: 1 })
    const instance = await withRunDirectory(context, second, { 'receipt.json': requeued })
    expect((await seen(context, instance)).outcome).to.include({ kind: 'lost', proof: 'concluded' })
    const own = { 'receipt.json': receiptWith({ restarts: 1 }) }
    const last = await withRunDirectory(context, second, own)
    expect((await seen(context, last)).outcome).to.include({ kind: 'completed', proof: 'receipt' })
  })

  it('that was concluded keeps the keys of the server, and is undone when the job is seen', async () => {
    await using context = await contextWith()
    const instance = await withRunDirectory(context, onSlurm(), { 'api.token': {} })
    const lost = await seen(context, instance)
    expect(lost.outcome).to.include({ kind: 'lost', proof: 'concluded' })
    expect(await readdir(lost.runDir)).to.include('api.token')
    context.scripted.jobs = [jobWith()]
    expect(await seen(context, lost)).to.include({ outcome: null, endedAt: null })
  })

  it('is not to be concluded from another cluster', async () => {
    await using context = await contextWith()
    const trouble = { answered: true, plain: 'on cluster a, not asked from here', said: [] }
    context.scripted.missing = { kind: 'elsewhere', cluster: 'a', trouble }
    expect(await seen(context, onSlurm())).to.deep.equal(onSlurm())
  })

  it('at its limit is told as that, also of a job that was told nothing before', async () => {
    await using context = await contextWith()
    const times = { ...receiptWith().times, started: '2026-11-24T10:17:00.000Z' }
    const short = onSlurm({ timeLimitMs: 120_000 })
    const files = { 'receipt.json': receiptWith({ times }) }
    const limit = await withRunDirectory(context, short, files)
    expect((await seen(context, limit)).outcome!.kind).to.equal('timeout')
    const asked = { ...limit, stopAskedAt: '2026-11-24T10:18:58.000Z' }
    expect((await seen(context, asked)).outcome!.kind).to.equal('completed')
  })

  it('that came at a requeue, before the job began again, is no end in good order', () => {
    const slurms: Outcome = { kind: 'failed', exitCode: 1, signal: null }
    const untold = { timeLimitMs: 3_600_000, stopAskedAt: null }
    expect(mergeOutcome(slurms, receiptWith(), untold)).to.deep.equal(slurms)
    const told = { ...untold, stopAskedAt: '2026-11-24T10:18:58.000Z' }
    expect(mergeOutcome(slurms, receiptWith(), told).kind).to.equal('completed')
    const times = { ...receiptWith().times, started: '2026-11-24T10:17:00.000Z' }
    const short = { ...untold, timeLimitMs: 120_000 }
    expect(mergeOutcome(slurms, receiptWith({ times }), short).kind).to.equal('timeout')
  })

  it('by somebody else’s cancel is no end in good order', () => {
    const theirs: Outcome = { kind: 'cancelled', exitCode: null, signal: null }
    const limits = { timeLimitMs: 3_600_000, stopAskedAt: null }
    expect(mergeOutcome(theirs, receiptWith(), limits).kind).to.equal('cancelled')
  })
})

describe('one that can not be mended', () => {
  it('does not keep the others from being seen, and tells the words of the scheduler', async () => {
    await using context = await contextWith()
    const held = onSlurm({ phase: 'held', startedAt: null, endpoint: null, nodeList: [] })
    const other = onSlurm({ id: 'b1c2', name: 'other', token: 'aibench:9', jobId: '5' })
    context.scripted.jobs = [
      jobWith({ state: 'held', nodes: [] }),
      jobWith({ id: '5', token: 'aibench:9' }),
    ]
    context.scripted.release = async () => {
      throw new SchedulerError('Slurm did not let job 4812345 go', { where: 'scontrol: denied' })
    }
    const [bad, good] = await reconcile(context, [held, other])
    expect(bad.trouble!.plain).to.equal('Slurm did not let job 4812345 go: scontrol: denied')
    expect([bad.instance.phase, good.instance.phase]).to.deep.equal(['held', 'starting'])
  })
})

describe('an outcome', () => {
  const scheduler = (kind: Outcome['kind']): Outcome => ({ kind, exitCode: 0, signal: null })
  for (const [title, theirs, ours, kind] of [
    ['of nobody is lost', undefined, undefined, 'lost'],
    ['without a receipt is the scheduler’s', scheduler('node-failed'), undefined, 'node-failed'],
    ['of a stop is completed', undefined, receiptWith(), 'completed'],
    [
      'of a cancel that was obeyed is completed',
      scheduler('cancelled'),
      receiptWith(),
      'completed',
    ],
    [
      'of a cancel that killed is cancelled',
      scheduler('cancelled'),
      receiptWith({ cause: 'failed', signal: 'KILL' }),
      'cancelled',
    ],
    [
      'of a server that ended by itself is failed',
      scheduler('completed'),
      receiptWith({ cause: 'exit' }),
      'failed',
    ],
    [
      'at the time limit is told by the script',
      scheduler('completed'),
      receiptWith({ cause: 'time-limit' }),
      'timeout',
    ],
    ['at the time limit is told by Slurm', scheduler('timeout'), receiptWith(), 'timeout'],
    [
      'out of memory is told by Slurm',
      scheduler('out-of-memory'),
      receiptWith({ cause: 'exit', signal: 'KILL' }),
      'out-of-memory',
    ],
  ] as const)
    it(title, () => expect(mergeOutcome(theirs, ours).kind).to.equal(kind))
})
