import { expect } from 'chai'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkInstance } from '../../../src/lib/jobs/check.js'
import { instanceView } from '../../../src/lib/jobs/face/instance-view.js'
import { findReady } from '../../../src/lib/jobs/find-ready.js'
import { readLogs } from '../../../src/lib/jobs/logs.js'
import { poll } from '../../../src/lib/jobs/ready.js'
import { listInstances } from '../../../src/lib/jobs/status.js'
import { stopInstance } from '../../../src/lib/jobs/stop.js'
import { authorizationOf, headerFileOf, makeSecret } from '../../../src/lib/jobs/token-files.js'
import { plainStyle } from '../../../src/lib/report/style.js'
import { jobWith } from '../../support/context.js'
import { rejection, temporaryFolder } from '../../support/surroundings.js'
import { atRealTime, contextOf, endpointOn, receiptOf, toyStack } from '../../support/toys.js'

const request = { service: 'toystack', wait: false, timeoutMs: 60_000 }

/** Running, with these members listening. */
async function stackWith(ports: Record<string, number>) {
  const toy = toyStack()
  const context = await contextOf(toy.stack)
  context.scripted.jobs = [jobWith()]
  for (const [name, port] of Object.entries(ports))
    await context.leaves(`endpoint.${name}.json`, { ...endpointOn(port), member: name })
  return Object.assign(context, toy)
}

const ALL = { front: 4001, store: 4002, extra: 4003 }

describe('a stack of servers', () => {
  it('is ready when all are that it can not do without', async () => {
    await using context = await stackWith({ front: 4001 })
    expect((await checkInstance(context, request)).summary).to.equal('starting')
    await context.leaves('endpoint.store.json', endpointOn(4002))
    context.answers.store = 'is loading'
    const starting = await checkInstance(context, request)
    expect([starting.summary, starting.detail]).to.deep.equal(['starting', 'Store: is loading'])
    expect(starting.members.map(({ state }) => state)).to.deep.equal([
      ...['ready', 'starting', 'starting'],
    ])
    context.answers.store = true
    const ready = await checkInstance(context, request)
    expect(ready).to.include({ summary: 'ready', readyAt: context.clock.now().toISOString() })
    expect(ready.members.map(({ state }) => state)).to.deep.equal(['ready', 'ready', 'starting'])
  })

  it('says where each is, and how it is asked: by a header in a file', async () => {
    await using context = await stackWith(ALL)
    const { members, tunnel, endpoint, runDir } = await checkInstance(context, request)
    expect(members.map(({ call }) => call)).to.deep.equal([
      `curl -H @${runDir}/front.header http://127.0.0.1:4001/login`,
      `curl -H @${runDir}/store.header http://127.0.0.1:4002/get`,
      null,
    ])
    expect(endpoint!.url).to.equal('http://127.0.0.1:4001')
    expect(tunnel).to.match(
      /^ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:4001:\S+:4001 -L 127.0.0.1:4002:\S+:4002 -J .+@mel0001$/,
    )
  })

  it('lives on without one that it can do without, and tells of it', async () => {
    await using context = await stackWith(ALL)
    await poll(context, context.instance)
    await context.leaves('ended.extra.json', {
      ...{ jobId: '4812345', token: 'aibench:0123', restarts: 0 },
      ...{ exitCode: 2, signal: null, at: '2026-11-24T10:16:00.000Z' },
    })
    const report = await checkInstance(context, request)
    expect(report).to.include({ summary: 'ready', detail: 'Extra ended, exit code 2' })
    expect(report.members[2]).to.include({ state: 'failed', endpoint: null })
    const view = instanceView(report, plainStyle)
    expect(view).to.match(/front\s+ready · http:\/\/127.0.0.1:4001/)
    expect(view).to.match(/extra\s+failed · ended, exit code 2/)
    const { instances } = await context.state.read()
    expect(instances.k3f9.members.extra.failed).to.equal('ended, exit code 2')
  })

  it('that ends with one that it can not do without says which', async () => {
    await using context = await stackWith(ALL)
    await poll(context, context.instance)
    const members = { store: { exitCode: 1, signal: null, critical: true } }
    await context.leaves(
      'receipt.json',
      receiptOf('exit', { exitCode: 1, member: 'store', members }),
    )
    const outcome = { kind: 'failed' as const, exitCode: 1, signal: null }
    context.scripted.jobs = [jobWith({ state: 'ended', outcome })]
    const report = await checkInstance(context, request)
    expect(report.outcome!.summary).to.equal(
      'Store ended, exit code 1, and the others were ended with it',
    )
  })

  it('that listens elsewhere after a requeue is asked again', async () => {
    await using context = await stackWith(ALL)
    await poll(context, context.instance)
    await context.leaves('endpoint.store.json', endpointOn(5002, 1))
    context.answers.store = 'is loading'
    const report = await checkInstance(context, request)
    expect([report.summary, report.members[1].state]).to.deep.equal(['starting', 'starting'])
  })

  it('is talked to at its main member', async () => {
    await using context = await stackWith(ALL)
    const { endpoint } = await findReady(context, 'toystack')
    expect(endpoint.port).to.equal(4001)
  })

  it('shows the log of each', async () => {
    await using context = await stackWith(ALL)
    const { runDir } = context.instance
    for (const name of ['front', 'store']) await writeFile(join(runDir, `${name}.log`), name)
    await writeFile(join(runDir, 'stdout.log'), 'job')
    const read = async (change: object) => {
      let text = ''
      const options = { service: 'toystack', stream: 'stdout', lines: 5, follow: false } as const
      await readLogs(context, { ...options, ...change, write: (piece) => void (text += piece) })
      return text
    }
    expect(await read({})).to.equal('job')
    expect(await read({ name: 'toystack' })).to.equal('job')
    expect(await read({ name: 'toystack', member: 'store' })).to.equal('store')
    expect(await read({ name: 'front' })).to.equal('front')
    const error = await rejection(read({ name: 'toystack', member: 'back' }))
    expect(error).to.include({ exitCode: 4, code: 'AIB_MEMBER_UNKNOWN' })
    expect(error.hints).to.include('aibench toystack logs toystack store')
  })
})

describe('what follows on being ready, and on an end', () => {
  it('is done once each, whoever sees it first', async () => {
    await using context = await stackWith(ALL)
    await listInstances(context, { all: false })
    expect(context.done, 'nobody has asked the servers yet').to.deep.equal([])
    atRealTime(context)
    await Promise.all([poll(context, context.instance), poll(context, context.instance)])
    await listInstances(context, { all: false })
    expect(context.done).to.deep.equal(['toystack is ready'])
    context.scripted.cancel = async () => {
      await context.leaves('receipt.json', receiptOf('stopped'))
      const outcome = { kind: 'completed' as const, exitCode: 0, signal: null }
      context.scripted.jobs = [jobWith({ state: 'ended', outcome })]
    }
    await stopInstance(context, { ...request, force: false })
    await listInstances(context, { all: false })
    expect(context.done).to.deep.equal(['toystack is ready', 'toystack has ended'])
    const { hooks } = (await context.state.read()).instances.k3f9
    expect([hooks.ready, hooks.ended]).to.not.include(null)
  })

  it('is done again when it is ready again, elsewhere', async () => {
    await using context = await stackWith(ALL)
    await poll(context, context.instance)
    context.scripted.jobs = [jobWith({ state: 'pending', nodes: [], restarts: 1 })]
    await listInstances(context, { all: false })
    context.scripted.jobs = [jobWith({ restarts: 1 })]
    for (const [name, port] of Object.entries(ALL))
      await context.leaves(`endpoint.${name}.json`, endpointOn(port + 1000, 1))
    await poll(context, (await context.state.read()).instances.k3f9)
    expect(context.done).to.deep.equal(['toystack is ready', 'toystack is ready'])
  })

  it('is not done because of an end that may turn out otherwise', async () => {
    await using context = await stackWith(ALL)
    context.scripted.jobs = []
    const [lost] = (await listInstances(context, { all: false })).instances
    expect([lost.summary, context.done]).to.deep.equal(['lost', []])
  })

  it('done but not recorded, because the command was killed, is done again', async () => {
    await using context = await stackWith(ALL)
    const { state } = context
    let kill = false
    context.stack.hooks!.ready = async () => {
      context.done.push('ready')
      kill = context.done.length === 1
    }
    context.state = {
      path: state.path,
      read: () => state.read(),
      repair: () => state.repair(),
      update: async (change) => {
        if (kill) throw new Error('killed')
        return state.update(change)
      },
    }
    await poll(context, context.instance)
    kill = false
    await listInstances(context, { all: false })
    await listInstances(context, { all: false })
    expect(context.done).to.deep.equal(['ready', 'ready'])
  })
})

describe('a password', () => {
  it('lies in a file with its user, and beside it the header that says both', async () => {
    await using folder = await temporaryFolder()
    await makeSecret(folder.path, 'front.token', 'admin')
    const file = join(folder.path, 'front.token')
    const text = (await readFile(file, 'utf8')).trim()
    expect(text).to.match(/^admin:[\w-]{43}$/)
    const header = await readFile(headerFileOf(file), 'utf8')
    const basic = `Basic ${Buffer.from(text).toString('base64')}`
    expect(header).to.equal(`Authorization: ${basic}\n`)
    expect(await authorizationOf(file, 'basic')).to.equal(basic)
    for (const one of [file, headerFileOf(file)])
      expect((await stat(one)).mode & 0o777).to.equal(0o600)
  })
})
