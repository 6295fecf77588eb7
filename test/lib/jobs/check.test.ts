import { expect } from 'chai'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkInstance, waitFor } from '../../../src/lib/jobs/check.js'
import { clearAfterEnd } from '../../../src/lib/jobs/clear.js'
import { findReady } from '../../../src/lib/jobs/find-ready.js'
import { contextWith, jobWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { rejection, temporaryFolder } from '../../support/surroundings.js'

const ready = instanceWith({ scheduler: 'slurm', jobId: '4812345' })
const queued = instanceWith({
  ...{ scheduler: 'slurm', jobId: '4812345', phase: 'submitted' },
  ...{ endpoint: null, startedAt: null, readyAt: null, nodeList: [] },
})
const request = { service: 'chroma', wait: false, timeoutMs: 30_000 }

describe('a check', () => {
  it('counts with the time that the server surely serves', async () => {
    await using context = await contextWith([ready])
    context.scripted.jobs = [jobWith({ endsAt: new Date('2026-11-24T10:30:00.000Z') })]
    context.scripted.warningMs = () => 60_000
    expect((await checkInstance(context, request)).leftMs).to.equal(9 * 60_000)
  })

  it('of an instance that ended long ago does not wait', async () => {
    const outcome = {
      ...{ kind: 'timeout' as const, exitCode: 0, signal: null, proof: 'scheduler' as const },
      summary: 'the time limit was reached',
    }
    await using context = await contextWith([{ ...ready, phase: 'ended', outcome }])
    const report = await checkInstance(context, { ...request, wait: true })
    expect(report).to.include({ summary: 'failed', detail: 'the time limit was reached' })
    expect(context.scripted.polls).to.equal(0)
  })

  it('says why the scheduler could not tell', async () => {
    await using context = await contextWith([ready])
    context.scripted.trouble = 'squeue answered with an error: unrecognized arguments'
    const report = await checkInstance(context, request)
    expect(report.trouble).to.include('unrecognized arguments')
    expect([report.summary, report.staleSince === null]).to.deep.equal(['ready', false])
  })
})

describe('waiting in the dark', () => {
  it('says at its end that the scheduler gave no answer, with its words', async () => {
    await using context = await contextWith([queued])
    context.scripted.trouble = 'squeue answered with an error: unrecognized arguments'
    const error = await rejection(
      waitFor(context, { name: 'chroma', until: 'ready', timeoutMs: 20_000 }),
    )
    expect(error.code).to.equal('AIB_PENDING')
    expect(error.where).to.include('unrecognized arguments')
  })
})

describe('what is asked of a server', () => {
  it('is not begun before it is ready; why nobody knows is said', async () => {
    await using context = await contextWith([queued])
    context.scripted.trouble = 'squeue answered with an error: no'
    const error = await rejection(findReady(context, 'chroma'))
    expect([error.exitCode, error.where]).to.deep.equal([8, 'squeue answered with an error: no'])
  })

  it('is not begun when it has ended', async () => {
    await using context = await contextWith([queued])
    const outcome = { kind: 'cancelled' as const, exitCode: null, signal: null }
    context.scripted.jobs = [jobWith({ state: 'ended', outcome })]
    const error = await rejection(findReady(context, 'chroma'))
    expect([error.exitCode, error.code]).to.deep.equal([4, 'AIB_INSTANCE_ENDED'])
  })
})

describe('clearing after an end', () => {
  it('removes secrets, and nothing else', async () => {
    await using folder = await temporaryFolder()
    const runDir = join(folder.path, 'run')
    await mkdir(runDir)
    const secrets = ['api.token', 'api.header', 'gate.token', 'job.env']
    const names = [...secrets, 'stdout.log', 'receipt.json']
    for (const name of names) await writeFile(join(runDir, name), 'x')
    await clearAfterEnd(instanceWith({ runDir }))
    expect((await readdir(runDir)).sort()).to.deep.equal(['receipt.json', 'stdout.log'])
  })

  it('touches nothing in a folder that another has put there', async () => {
    await using folder = await temporaryFolder()
    const [runDir, precious] = [join(folder.path, 'run'), join(folder.path, 'precious')]
    await mkdir(precious)
    await writeFile(join(precious, 'api.token'), 'x')
    await symlink(precious, runDir)
    await clearAfterEnd(instanceWith({ runDir }))
    expect(await readdir(precious)).to.deep.equal(['api.token'])
  })

  it('removes the temporary folder of a local job, and no other that stands in its file', async () => {
    await using folder = await temporaryFolder()
    const runDir = join(folder.path, 'run')
    await mkdir(runDir)
    for (const [name, scheduler, isRemoved] of [
      ['aibench-a1b2c3', 'local', true],
      ['aibench-a1b2c3', 'slurm', false],
      ['aibench-a1b2c3/../precious', 'local', false],
      ['precious', 'local', false],
    ] as const) {
      for (const made of ['aibench-a1b2c3', 'precious'])
        await mkdir(join(folder.path, made), { recursive: true })
      await writeFile(join(runDir, 'scratch'), `${folder.path}/${name}\n`)
      await clearAfterEnd(instanceWith({ runDir, scheduler }))
      const left = (await readdir(folder.path)).filter((one) => one !== 'run')
      expect(left, `${scheduler} ${name}`).to.deep.equal(
        isRemoved ? ['precious'] : ['aibench-a1b2c3', 'precious'],
      )
    }
  })
})
