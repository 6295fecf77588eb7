import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InterruptedError, StateError } from '../../../src/lib/platform/errors.js'
import { markFailed, openRun, recordRun } from '../../../src/lib/benchmarks/run-record.js'
import { contextWith, type FakeContext } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { rejection } from '../../support/surroundings.js'

const AT = { label: 'http://127.0.0.1:8000', observation: null }

async function withInstance() {
  const context = await contextWith()
  const instance = instanceWith({ runDir: join(context.folder, 'runs', 'chroma-k3f9') })
  await context.state.update((draft) => void (draft.instances.k3f9 = instance))
  return { context, at: { label: 'chroma', observation: { instance } } as typeof AT & object }
}

const verdictIn = async (context: FakeContext, id: string) =>
  (await context.state.read()).runs[id]?.verdict

describe('a benchmark in the records', () => {
  it('is there from its first moment, with its owner, in a folder of its owner’s', async () => {
    await using context = await contextWith()
    const run = await openRun(context, 'chroma', AT, { subject: 'clustered' })
    expect(run).to.include({ verdict: 'running', instance: null, subject: 'clustered' })
    expect((await context.state.read()).runs[run.id]).to.deep.equal(run)
    expect((await stat(run.dir)).mode & 0o777).to.equal(0o700)
    const owner = JSON.parse(await readFile(join(run.dir, 'owner.json'), 'utf8'))
    expect(owner.pid).to.equal(process.pid)
  })

  it('of an instance lies with it, and its result is the last of that instance', async () => {
    const { context, at } = await withInstance()
    await using _ = context
    const run = await openRun(context, 'chroma', at as never)
    expect(run.dir).to.equal(join(context.folder, 'runs', 'chroma-k3f9', 'bench', run.id))
    const lastResult = async () => (await context.state.read()).instances.k3f9.lastResult
    expect(await lastResult()).to.equal(null)
    await recordRun(context, { ...run, verdict: 'ok', summary: '3 690 q/s' })
    expect(await lastResult()).to.equal('3 690 q/s')
    // One that gave nothing does not take the place of one that did.
    await recordRun(context, { ...run, id: 'ab12', verdict: 'failed', summary: null })
    expect(await lastResult()).to.equal('3 690 q/s')
  })

  it('leaves nothing when it can not be recorded: nobody would know of it', async () => {
    await using context = await contextWith()
    context.state.update = () => Promise.reject(new StateError('no', { code: 'AIB_STATE' }))
    expect(await rejection(openRun(context, 'chroma', AT))).to.include({ code: 'AIB_STATE' })
    expect(await readdir(context.environment.runsDir)).to.deep.equal([])
  })

  it('outlives the state: it is beside its results too', async () => {
    await using context = await contextWith()
    const run = await openRun(context, 'chroma', AT)
    await recordRun(context, { ...run, verdict: 'late', summary: 'x' })
    const texts = (await readdir(run.dir)).map((name) => readFile(join(run.dir, name), 'utf8'))
    expect((await Promise.all(texts)).join('\n')).to.match(/"verdict": ?"late"/)
  })
})

describe('a benchmark that failed', () => {
  it('is on record as that, with its end', async () => {
    await using context = await contextWith()
    const run = await openRun(context, 'chroma', AT)
    await markFailed(context, run)
    const { verdict, endedAt } = (await context.state.read()).runs[run.id]
    expect([verdict, endedAt]).to.deep.equal(['failed', context.clock.now().toISOString()])
    expect(existsSync(run.dir)).to.equal(true)
  })

  it('because somebody ended its command was interrupted', async () => {
    await using context = await contextWith()
    const run = await openRun(context, 'chroma', AT)
    const signal = AbortSignal.abort(new InterruptedError('SIGTERM'))
    await markFailed({ ...context, signal }, run)
    expect(await verdictIn(context, run.id)).to.equal('interrupted')
  })

  it('keeps the verdict that it was closed with', async () => {
    await using context = await contextWith()
    const run = await openRun(context, 'chroma', AT)
    await recordRun(context, { ...run, verdict: 'threshold-missed', summary: 'x' })
    await markFailed(context, run)
    expect(await verdictIn(context, run.id)).to.equal('threshold-missed')
  })
})
