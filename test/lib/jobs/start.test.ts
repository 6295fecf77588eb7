import { expect } from 'chai'
import { readdir } from 'node:fs/promises'
import {
  SchedulerError,
  EnvironmentError,
  StateError,
  type AibenchError,
} from '../../../src/lib/platform/errors.js'
import { planStart, startInstance } from '../../../src/lib/jobs/start.js'
import { listInstances } from '../../../src/lib/jobs/status.js'
import type { StartRequest } from '../../../src/lib/jobs/reports.js'
import { contextWith, jobWith, type FakeContext } from '../../support/context.js'

const request: StartRequest = {
  service: 'chroma',
  options: { profile: 'default', persistDir: null, image: null },
  resources: {},
  wait: false,
  timeoutMs: 60_000,
} as unknown as StartRequest

const context = () =>
  contextWith([], {
    answers: [[/--version/, { stdout: 'chroma 1.4.4' }]],
    variables: { AIBENCH_CHROMA_COMMAND: process.execPath },
  })

const failure = (work: Promise<unknown>): Promise<AibenchError> =>
  work.then(
    () => expect.fail('it did not fail'),
    (error: AibenchError) => error,
  )

async function left(fake: FakeContext) {
  const { instances } = await fake.state.read()
  return { instances: Object.values(instances), dirs: await readdir(fake.environment.runsDir) }
}

describe('a start', () => {
  it('submits held, lets go, and records both', async () => {
    await using fake = await context()
    const { instance } = await startInstance(fake, request)
    expect(instance).to.include({ phase: 'submitted', jobId: '4812345', summary: 'queued' })
    expect(fake.scripted.done).to.deep.equal(['release 4812345'])
    expect((await left(fake)).instances[0].submittingUntil).to.equal(null)
  })

  it('takes what the user has set: the account of the settings reaches the scheduler', async () => {
    await using fake = await context()
    const set: Record<string, string> = { 'slurm.account': 'p200981', 'slurm.partition': 'gpu' }
    fake.settings.get = ((name: string) => set[name]) as typeof fake.settings.get
    const { submitHeld } = fake.scripted
    let asked = {}
    fake.scripted.submitHeld = (job) => {
      asked = job.resources
      return submitHeld(job)
    }
    await startInstance(fake, { ...request, resources: { partition: 'cpu' } })
    expect(asked).to.include({ account: 'p200981', partition: 'cpu' })
  })

  it('of a name whose job was thought lost asks first: none is started beside it', async () => {
    await using fake = await context()
    await startInstance(fake, request)
    const [job] = fake.scripted.jobs.splice(0)
    await listInstances(fake, { all: true })
    expect((await left(fake)).instances[0].outcome!.kind).to.equal('lost')
    fake.scripted.jobs = [{ ...job, state: 'running' }]
    expect((await failure(startInstance(fake, request))).code).to.equal('AIB_NAME_TAKEN')
  })

  it('that is refused leaves nothing', async () => {
    await using fake = await context()
    fake.scripted.submitHeld = async () => {
      throw new EnvironmentError('no such partition')
    }
    expect(await failure(startInstance(fake, request))).to.be.instanceOf(EnvironmentError)
    expect(await left(fake)).to.deep.equal({ instances: [], dirs: [] })
  })

  it('that was cut off stays on record, and the next start takes its job', async () => {
    await using fake = await context()
    fake.scripted.submitHeld = async ({ token }) => {
      fake.scripted.jobs.push(jobWith({ token, state: 'held', nodes: [] }))
      throw new SchedulerError('silence', { code: 'AIB_SUBMIT_UNCERTAIN' })
    }
    expect((await failure(startInstance(fake, request))).code).to.equal('AIB_SUBMIT_UNCERTAIN')
    fake.scripted.submitHeld = () => expect.fail('submitted twice')
    const { instance, description } = await startInstance(fake, request)
    expect(instance).to.include({ jobId: '4812345', phase: 'submitted' })
    expect(description).to.include('found again')
    expect((await left(fake)).dirs).to.have.lengthOf(1)
  })

  it('that was cut off and is not in the queue yet is not repeated', async () => {
    await using fake = await context()
    fake.scripted.submitHeld = async () => {
      throw new SchedulerError('silence', { code: 'AIB_SUBMIT_UNCERTAIN' })
    }
    await failure(startInstance(fake, request))
    const again = await failure(startInstance(fake, request))
    expect([again.exitCode, again.code]).to.deep.equal([5, 'AIB_SUBMIT_UNCERTAIN'])
    expect(again.hints.join()).to.include('aibench chroma stop chroma')
  })

  it('whose job could not be let go is let go by the next look', async () => {
    await using fake = await context()
    const { release } = fake.scripted
    fake.scripted.release = async () => {
      throw new SchedulerError('silence', { code: 'AIB_RELEASE' })
    }
    expect((await failure(startInstance(fake, request))).code).to.equal('AIB_RELEASE')
    fake.scripted.release = release
    const { instance } = await startInstance(fake, request)
    expect(instance).to.include({ jobId: '4812345', phase: 'submitted' })
    expect(fake.scripted.done).to.deep.equal(['release 4812345'])
  })

  it('whose job is there but could not be recorded says so', async () => {
    await using fake = await context()
    const { update } = fake.state
    const { release, submitHeld } = fake.scripted
    const refuse = () => {
      fake.state.update = () =>
        Promise.reject(new StateError('locked', { code: 'AIB_STATE_LOCKED' }))
    }
    fake.scripted.release = async (job) => {
      await release(job)
      refuse()
    }
    const late = await failure(startInstance(fake, request))
    fake.state.update = update
    fake.scripted.submitHeld = async (job) => {
      const submitted = await submitHeld(job)
      refuse()
      return submitted
    }
    const early = await failure(startInstance(fake, { ...request, name: 'another' }))
    for (const { code, message, hints } of [late, early]) {
      expect(code).to.equal('AIB_STATE_LOCKED')
      expect(message).to.include('was submitted all the same, as job 4812345')
      expect(hints.join()).to.match(/aibench chroma check .*aibench chroma stop/)
    }
  })

  it('of a job that can never run takes it back', async () => {
    await using fake = await context()
    const reason = {
      ...{ raw: 'PartitionNodeLimit', plain: 'too many nodes', next: 'ask for fewer' },
      hopeless: true,
    }
    fake.scripted.release = async () =>
      fake.scripted.jobs.forEach((job) => Object.assign(job, { state: 'pending', reason }))
    const error = await failure(startInstance(fake, request))
    expect([error.exitCode, error.code]).to.deep.equal([3, 'AIB_JOB_HOPELESS'])
    expect(fake.scripted.done).to.deep.equal(['cancel 4812345 KILL'])
  })

  it('of a name that is alive is refused', async () => {
    await using fake = await context()
    await startInstance(fake, request)
    expect((await failure(startInstance(fake, request))).code).to.equal('AIB_NAME_TAKEN')
  })

  it('of a name that is alive is planned all the same', async () => {
    await using fake = await context()
    await startInstance(fake, request)
    const notes: string[] = []
    const progress = { ...fake.progress, note: (text: string) => void notes.push(text) }
    expect((await planStart({ ...fake, progress }, request)).argv).not.to.be.empty
    expect(notes.join()).to.include('is already running; another needs a --name')
  })
})
