import { expect } from 'chai'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkInstance } from '../../../src/lib/jobs/check.js'
import { instanceView } from '../../../src/lib/jobs/face/instance-view.js'
import { findInstance } from '../../../src/lib/jobs/find.js'
import { claimToStop, handOver, readGuestFiles } from '../../../src/lib/jobs/guests.js'
import { pruneInstances } from '../../../src/lib/jobs/prune.js'
import { reconcile } from '../../../src/lib/jobs/reconcile.js'
import type { StartRequest } from '../../../src/lib/jobs/reports.js'
import { planStart, startInstance } from '../../../src/lib/jobs/start.js'
import { listInstances } from '../../../src/lib/jobs/status.js'
import { stopInstance } from '../../../src/lib/jobs/stop.js'
import { plainStyle } from '../../../src/lib/report/style.js'
import type { Instance } from '../../../src/lib/state/schema.js'
import { jobWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { rejection } from '../../support/surroundings.js'
import { contextOf, receiptOf, toyHolder } from '../../support/toys.js'

const request: StartRequest = {
  ...{ service: 'toybatch', options: { run: 'true' }, resources: {}, wait: false },
  timeoutMs: 1_000,
}
const TOKEN = 'aibench:guest'
const isAsked = { service: 'toybatch', wait: false, timeoutMs: 0, force: false }

/** Four nodes that are held, at work since five minutes. */
async function lab(change: Partial<Instance> = {}) {
  const { batch, collected } = toyHolder()
  const context = await contextOf(batch, {
    ...{ shape: 'holding', name: 'lab', phase: 'ready', nodes: 4, members: {} },
    ...{ options: { hold: true }, ...change },
  })
  const installDir = join(context.folder, 'install')
  await mkdir(join(installDir, 'slurm', 'lib'), { recursive: true })
  for (const name of ['job.sh', 'lib.sh', 'toy-batch.sh'])
    await writeFile(join(installDir, 'slurm', name), '')
  const { environment } = context
  Object.assign(context, { environment: { ...environment, installDir } })
  const ready = { jobId: '4812345', token: 'aibench:0123', restarts: 0, detail: 'fit' }
  await context.leaves('ready.json', { ...ready, at: '2026-11-24T10:15:10.000Z' })
  context.scripted.jobs = [jobWith({ startedAt: new Date('2026-11-24T10:15:02.000Z') })]
  return Object.assign(context, { collected })
}
type Lab = Awaited<ReturnType<typeof lab>>

async function stateOf(context: Lab, name: string): Promise<Instance> {
  const { instances } = await context.state.read()
  return Object.values(instances).find((one) => one.name === name)!
}

/** A guest as a command left it that was killed after its intent was on record. */
async function intended(context: Lab, change: Partial<Instance> = {}): Promise<Instance> {
  const runDir = join(context.environment.runsDir, '20261124T102000-toybatch-g111')
  await mkdir(runDir, { recursive: true, mode: 0o700 })
  await writeFile(join(runDir, 'service.sh'), 'run')
  const guest = instanceWith({
    ...{ id: 'g111', name: 'trial', service: 'toybatch', shape: 'batch', scheduler: 'slurm' },
    ...{ allocation: 'k3f9', token: TOKEN, jobId: null, phase: 'intended', runDir, endpoint: null },
    ...{ intendedAt: '2026-11-24T10:20:00.000Z', submittingUntil: '2026-11-24T10:22:00.000Z' },
    ...{ submittedAt: null, startedAt: null, readyAt: null, nodes: 4, nodeList: [] },
    ...{ options: { run: 'true' }, ...change },
  })
  await context.state.update((draft) => void (draft.instances[guest.id] = guest))
  return guest
}

/** What the holder's script leaves. */
async function begins(context: Lab, guest: Instance, restarts = 0): Promise<void> {
  const name = `${guest.intendedAt.replaceAll(/\D/g, '')}-${guest.id}`
  const folder = join(context.instance.runDir, 'guests', `${name}.begun`)
  await mkdir(folder, { mode: 0o700 })
  const claim = { token: guest.token, restarts, at: '2026-11-24T10:20:02.000Z', stopped: false }
  await writeFile(join(folder, 'begun.json'), JSON.stringify(claim))
}

async function scriptEnds(context: Lab, guest: Instance, end: object): Promise<void> {
  const name = `${guest.intendedAt.replaceAll(/\D/g, '')}-${guest.id}`
  const file = join(context.instance.runDir, 'guests', `${name}.ended.json`)
  await writeFile(
    file,
    JSON.stringify({ token: guest.token, at: '2026-11-24T10:21:00.000Z', ...end }),
  )
}

const receives = (guest: Instance, cause: string, change = {}) =>
  writeFile(
    join(guest.runDir, 'receipt.json'),
    JSON.stringify(receiptOf(cause, { token: guest.token, ...change })),
  )

async function look(context: Lab, guest: Instance): Promise<Instance> {
  const [{ instance }] = await reconcile(context, [guest])
  return instance
}

const linesIn = async (context: Lab) =>
  (await readdir(join(context.instance.runDir, 'guests')).catch(() => [])).filter((name) =>
    name.endsWith('.guest'),
  )

describe('a start while nodes are held', () => {
  it('is handed over: no job is submitted, the scheduler is asked once', async () => {
    await using context = await lab()
    context.scripted.submitHeld = () => Promise.reject(new Error('a job was submitted'))
    const { instance } = await startInstance(context, { ...request, usualName: 'trial' })
    expect(instance).to.include({ allocation: 'k3f9', allocationName: 'lab', jobId: '4812345' })
    expect(instance).to.include({ summary: 'queued', name: 'trial', nodeHours: 0 })
    expect(instance.reason!.plain).to.equal('waits for its turn')
    expect(await linesIn(context)).to.have.lengthOf(1)
    expect((await stateOf(context, 'trial')).nodes).to.equal(4)
  })

  it('gets a number after its usual name, and keeps a name that was asked for', async () => {
    await using context = await lab()
    for (let i = 0; i < 3; i++) await startInstance(context, { ...request, usualName: 'trial' })
    const { instances } = await context.state.read()
    const names = Object.values(instances).map(({ name }) => name)
    expect(names.sort()).to.deep.equal(['lab', 'trial', 'trial-2', 'trial-3'])
    const error = await rejection(startInstance(context, { ...request, name: 'trial-2' }))
    expect(error).to.include({ code: 'AIB_NAME_TAKEN' })
  })

  it('is a job of its own where that is asked for, or nobody holds any', async () => {
    await using context = await lab()
    const own = await startInstance(context, { ...request, name: 'own', in: 'none' })
    expect(own.instance.allocation).to.equal(null)
    await context.state.update((draft) => {
      draft.instances.k3f9.phase = 'ended'
      draft.instances.k3f9.outcome = {
        ...{ kind: 'completed', exitCode: 0, signal: null, proof: 'receipt', summary: '' },
      }
    })
    const other = await startInstance(context, { ...request, name: 'other' })
    expect(other.instance.allocation).to.equal(null)
  })

  for (const [what, more, code, says] of [
    ['more nodes', { resources: { nodes: 5 } }, 'AIB_HOLDER_TOO_SMALL', 'lab holds 4'],
    ['more time', { resources: { timeLimitMs: 3_600_000 } }, 'AIB_HOLDER_TOO_SHORT', '55m02s left'],
    ['another holder', { in: 'laab' }, 'AIB_HOLDER_UNKNOWN', 'did you mean "lab"'],
    ['to hold them itself', { in: 'lab', options: { hold: true } }, 'AIB_NO_GUEST', 'lab'],
  ] as const)
    it(`is refused before anything is written when it wants ${what}`, async () => {
      await using context = await lab()
      const error = await rejection(startInstance(context, { ...request, ...more }))
      expect(error).to.include({ code, exitCode: what === 'another holder' ? 4 : 2 })
      expect(error.message).to.include(says)
      expect(await linesIn(context)).to.deep.equal([])
      expect(Object.keys((await context.state.read()).instances)).to.deep.equal(['k3f9'])
    })

  it('says by --dry-run where it would run', async () => {
    await using context = await lab()
    const plan = await planStart(context, { ...request, resources: { nodes: 2 } })
    expect(plan).to.include({ allocation: 'lab', maxNodeHours: 0 })
    expect(await linesIn(context)).to.deep.equal([])
  })

  it('tells a service what allocation it will run in', async () => {
    await using context = await lab()
    const { batch } = toyHolder()
    const seen: unknown[] = []
    const service = context.service
    const prepare = batch.prepare
    batch.prepare = async (of, options, place) => {
      seen.push(place.holder?.instance.name, place.holder?.leftMs, place.resources.nodes)
      return prepare(of, options, place)
    }
    context.service = (kind) => (kind === 'toybatch' ? batch : service(kind))
    await startInstance(context, request)
    expect(seen).to.deep.equal(['lab', 3_302_000, 4])
  })
})

describe('a start in an allocation that is cut off', () => {
  it('before its line is written: another command writes it, when nobody else will', async () => {
    await using context = await lab()
    const guest = await intended(context)
    expect((await look(context, guest)).phase).to.equal('intended')
    expect(await linesIn(context)).to.deep.equal([])
    await context.clock.sleep(121_000)
    expect(await look(context, guest)).to.include({ phase: 'submitted', jobId: '4812345' })
    expect(await linesIn(context)).to.have.lengthOf(1)
  })

  it('after its line was written: it is what it is, and runs once', async () => {
    await using context = await lab()
    const guest = await intended(context)
    await handOver(context.instance, guest)
    expect((await look(context, guest)).phase).to.equal('submitted')
    await begins(context, guest)
    expect((await look(context, guest)).phase).to.equal('running')
    await context.clock.sleep(121_000)
    await handOver(context.instance, guest)
    await look(context, guest)
    expect(await linesIn(context)).to.have.lengthOf(1)
  })

  it('is taken up by who starts it again', async () => {
    await using context = await lab()
    await intended(context)
    await context.clock.sleep(121_000)
    const again = await startInstance(context, { ...request, usualName: 'trial' })
    expect(again.instance).to.include({ id: 'g111', summary: 'queued' })
    expect(again.description).to.equal('found again after a cut-off submission')
  })

  it('never begins when its allocation ended meanwhile', async () => {
    await using context = await lab()
    const guest = await intended(context)
    await context.clock.sleep(121_000)
    context.scripted.jobs = [
      jobWith({ state: 'ended', outcome: { kind: 'timeout', exitCode: null, signal: null } }),
    ]
    const { phase, outcome } = await look(context, guest)
    expect([phase, outcome!.kind]).to.deep.equal(['ended', 'cancelled'])
    expect(outcome!.summary).to.equal(
      'never began: its allocation lab ended before (the time limit was reached)',
    )
  })

  it('between its claim and its word: it is asked to stop again, and never runs', async () => {
    await using context = await lab()
    const guest = await intended(context)
    await handOver(context.instance, guest)
    expect(await claimToStop(context.instance, guest, context.clock.now())).to.equal(true)
    expect((await look(context, guest)).phase).to.equal('ended')
    expect((await stopInstance(context, { ...isAsked, name: 'trial' })).alreadyGone).to.equal(true)
  })
})

describe('the end of a guest', () => {
  const begun = async () => {
    const context = await lab()
    const guest = await intended(context)
    await handOver(context.instance, guest)
    await begins(context, guest)
    return { context, guest, [Symbol.asyncDispose]: () => context[Symbol.asyncDispose]() }
  }

  it('is its receipt’s, while its holder lives on', async () => {
    await using it = await begun()
    await receives(it.guest, 'completed')
    const { phase, outcome, lastResult } = await look(it.context, it.guest)
    expect([phase, outcome!.kind, outcome!.proof]).to.deep.equal(['ended', 'completed', 'receipt'])
    expect(lastResult).to.equal('42 things/s')
    expect(it.context.collected).to.deep.equal(['completed'])
  })

  it('is not believed of another’s receipt, or claim', async () => {
    await using it = await begun()
    await receives({ ...it.guest, token: 'aibench:0123' }, 'completed')
    expect((await look(it.context, it.guest)).phase).to.equal('running')
    const files = await readGuestFiles(it.context.instance, { ...it.guest, token: 'aibench:x' })
    expect(files.claim).to.equal(undefined)
  })

  it('is a failure when its script was killed', async () => {
    await using it = await begun()
    await scriptEnds(it.context, it.guest, { exitCode: null, signal: 'KILL' })
    const { outcome } = await look(it.context, it.guest)
    expect(outcome).to.include({ kind: 'failed', signal: 'KILL', proof: 'receipt' })
  })

  it('waits for its holder’s when it was told to end, and nobody has said why', async () => {
    await using it = await begun()
    await receives(it.guest, 'stopped')
    expect((await look(it.context, it.guest)).phase).to.equal('stopping')
    it.context.scripted.jobs[0] = jobWith({
      ...{ state: 'ended', outcome: { kind: 'node-failed', exitCode: null, signal: null } },
    })
    const { outcome } = await look(it.context, it.guest)
    expect(outcome).to.include({
      ...{ kind: 'node-failed', proof: 'receipt' },
      summary: 'ended with its allocation lab: its node failed',
    })
  })

  it('comes with its holder’s, told once and for ever', async () => {
    await using it = await begun()
    it.context.scripted.jobs[0] = jobWith({
      ...{ state: 'ended', outcome: { kind: 'cancelled', exitCode: null, signal: null } },
    })
    const { outcome, startedAt } = await look(it.context, it.guest)
    expect(outcome!.summary).to.equal(
      'ended with its allocation lab: the job was cancelled from outside',
    )
    expect(startedAt).to.equal('2026-11-24T10:20:02.000Z')
    expect(it.context.collected).to.deep.equal([undefined])
    const { polls } = it.context.scripted
    await checkInstance(it.context, { ...isAsked, name: 'trial' })
    expect(it.context.scripted.polls).to.equal(polls)
  })

  it('comes with a requeue of its holder: it is not run again', async () => {
    await using it = await begun()
    it.context.scripted.jobs[0] = jobWith({ state: 'pending', restarts: 1 })
    const { phase, outcome } = await look(it.context, it.guest)
    expect([phase, outcome!.kind]).to.deep.equal(['ended', 'failed'])
    expect(outcome!.summary).to.equal('ended with its allocation: the job of lab was requeued')
  })

  it('that has not begun comes later: it waits for the next life', async () => {
    await using context = await lab()
    const guest = await intended(context)
    await handOver(context.instance, guest)
    context.scripted.jobs[0] = jobWith({ state: 'pending', restarts: 1 })
    expect((await look(context, guest)).phase).to.equal('submitted')
    await begins(context, guest, 1)
    context.scripted.jobs[0] = jobWith({ restarts: 1 })
    expect((await look(context, guest)).phase).to.equal('running')
  })

  it('is not concluded from a scheduler that is silent', async () => {
    await using it = await begun()
    it.context.scripted.trouble = 'Slurm does not answer'
    const [observation] = await reconcile(it.context, [it.guest])
    expect(observation.instance.phase).to.not.equal('ended')
    expect(observation.trouble!.plain).to.equal('Slurm does not answer')
    await receives(it.guest, 'completed')
    expect((await look(it.context, it.guest)).phase).to.equal('ended')
  })
})

describe('what is asked of nodes that are held, and of their guests', () => {
  it('asks the scheduler once for all, and counts the node-hours once', async () => {
    await using context = await lab()
    const guest = await intended(context)
    await handOver(context.instance, guest)
    await begins(context, guest)
    await context.clock.sleep(1_000)
    await startInstance(context, { ...request, name: 'two' })
    await context.clock.sleep(61_000)
    const { polls } = context.scripted
    const report = await listInstances(context, { all: true })
    expect(context.scripted.polls).to.equal(polls + 1)
    expect(report.schedulerCalls).to.equal(1)
    expect(report.nodeHours).to.be.closeTo((4 * 360_000) / 3_600_000, 0.001)
    const held = report.instances.find(({ name }) => name === 'lab')!
    expect(held.guests.map(({ name }) => name)).to.deep.equal(['trial', 'two'])
  })

  it('says in words who is at work in whose nodes, and how far it is once', async () => {
    await using context = await lab()
    const guest = await intended(context)
    await handOver(context.instance, guest)
    await begins(context, guest)
    await context.clock.sleep(1_000)
    await startInstance(context, { ...request, name: 'two' })
    await writeFile(join(guest.runDir, 'progress.json'), '{"text":"1 of 2","share":0.5}')
    const at = async (name: string) =>
      instanceView(await checkInstance(context, { ...isAsked, name }), plainStyle)
    expect(await at('lab')).to.include('guests    trial is at work · two waits')
    expect(await at('two'))
      .to.match(/in +lab$/m)
      .and.match(/why +Allocation: waits for trial$/m)
    expect((await at('trial')).match(/1 of 2/g)).to.have.lengthOf(1)
  })

  it('never cancels the job of its holder for a guest', async () => {
    await using context = await lab()
    await startInstance(context, { ...request, name: 'one' })
    await stopInstance(context, { ...isAsked, name: 'one' })
    const guest = await intended(context)
    await handOver(context.instance, guest)
    await begins(context, guest)
    await rejection(stopInstance(context, { ...isAsked, name: 'trial' }))
    expect(context.scripted.done).to.deep.equal([])
  })

  it('keeps a holder for as long as the end of a guest is not known', async () => {
    await using context = await lab()
    await intended(context)
    await context.state.update((draft) => {
      draft.instances.k3f9.phase = 'ended'
      draft.instances.k3f9.endedAt = '2026-11-24T10:16:00.000Z'
      draft.instances.k3f9.outcome = {
        ...{ kind: 'completed', exitCode: 0, signal: null, proof: 'receipt', summary: '' },
      }
    })
    const asked = { olderThanMs: null, keep: 0, withRunDirectories: false, dryRun: true }
    const { removed, kept } = await pruneInstances(context, asked)
    expect([removed.length, kept]).to.deep.equal([
      ...[0, [{ name: 'lab', why: 'trial ran in it, and its end is not known yet' }]],
    ])
  })

  const at = (minute: number) => `2026-11-24T10:${minute}:00.000Z`
  const run = (name: string, minute: number, phase: Instance['phase']) =>
    instanceWith({
      id: name,
      name,
      service: 'toybatch',
      shape: 'batch',
      phase,
      intendedAt: at(minute),
    })
  const held = (phase: Instance['phase']) =>
    instanceWith({
      ...{ id: 'h', name: 'lab', service: 'toybatch', shape: 'holding', phase },
      intendedAt: at(15),
    })

  for (const [what, instances, work, allocation] of [
    ['one at work', [held('ready'), run('a', 20, 'running')], 'a', 'lab'],
    [
      'one at work and one that waits',
      [held('ready'), run('a', 20, 'running'), run('b', 21, 'submitted')],
      'a',
      'lab',
    ],
    ['one that is over', [held('ready'), run('a', 20, 'ended')], 'a', 'lab'],
    ['one that was over before', [held('ready'), run('a', 10, 'ended')], 'lab', 'lab'],
    ['none', [held('ready')], 'lab', 'lab'],
    ['an allocation that is over', [held('ended'), run('a', 20, 'ended')], 'a', 'a'],
    ['a run of its own', [run('a', 20, 'running')], 'a', 'a'],
  ] as const)
    it(`means the run, and to stop the allocation: ${what}`, async () => {
      await using context = await lab()
      const state = {
        ...(await context.state.read()),
        instances: Object.fromEntries(instances.map((one) => [one.id, one])),
      }
      expect(findInstance(context, state, 'toybatch').name).to.equal(work)
      const meant = findInstance(context, state, 'toybatch', undefined, 'allocation')
      expect(meant.name).to.equal(allocation)
    })
})
