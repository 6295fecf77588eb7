import { expect } from 'chai'
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ownLife } from '../../../src/lib/instrument/process/life.js'
import { settleRuns } from '../../../src/lib/benchmarks/settle-runs.js'
import type { Run } from '../../../src/lib/state/schema.js'
import { benchmarkKind } from '../../../src/lib/app/catalog.js'
import { contextWith, type FakeContext } from '../../support/context.js'
import { inferenceResult } from '../../support/inference-result.js'
import { instanceWith } from '../../support/instances.js'

const DEAD = { host: ownLife().host, pid: 4_194_303, start: '1' }
const ELSEWHERE = { host: 'mel9999', pid: 1, start: '1' }

describe('a run on record as running', () => {
  let context: FakeContext
  let dir: string
  beforeEach(async () => {
    context = await contextWith([instanceWith()])
    dir = join(context.folder, 'bench', 'c19d')
    await mkdir(dir, { recursive: true })
    const run: Run = {
      ...{ id: 'c19d', service: 'vllm', instance: 'k3f9', job: null, target: 'chroma', dir },
      ...{ startedAt: context.clock.now().toISOString(), endedAt: null },
      ...{ verdict: 'running', summary: null },
    }
    await context.state.update((draft) => void (draft.runs.c19d = run))
  })
  afterEach(() => context[Symbol.asyncDispose]())

  const file = (name: string, content: object) =>
    writeFile(join(dir, name), JSON.stringify(content))
  /** A sign of life, so many seconds old. */
  const sign = async (name: string, life: object, ageS = 0) => {
    await file(name, life)
    const at = new Date(context.clock.now().getTime() - ageS * 1000)
    await utimes(join(dir, name), at, at)
  }
  const settled = async () => (await settleRuns(context, benchmarkKind)).c19d

  it('is left to a command that lives, here or elsewhere', async () => {
    await file('result.json', inferenceResult({ thresholds: [] }))
    for (const life of [ownLife(), ELSEWHERE]) {
      await sign('owner.json', life)
      expect((await settled()).verdict).to.equal('running')
    }
  })

  it('is judged by the result that its worker wrote, as its command would have', async () => {
    await sign('owner.json', DEAD)
    await file('result.json', inferenceResult({ thresholds: [] }))
    const { verdict, summary, endedAt } = await settled()
    expect([verdict, endedAt]).to.deep.equal(['ok', '2026-11-24T10:24:20.000Z'])
    expect(summary).to.match(/508 tok\/s/)
    const state = await context.state.read()
    expect(state.runs.c19d.verdict).to.equal('ok')
    expect(state.instances.k3f9.lastResult).to.equal(summary)
    expect(JSON.parse(await readFile(join(dir, 'run.json'), 'utf8')).verdict).to.equal('ok')
  })

  it('is never ok when the client was the limit', async () => {
    await sign('owner.json', DEAD)
    const { instrument } = inferenceResult()
    const saturated = { ...instrument, saturated: true, verdict: 'client-bound' as const }
    await file('result.json', inferenceResult({ instrument: saturated }))
    expect((await settled()).verdict).to.equal('client-bound')
  })

  it('is interrupted when its result is not whole', async () => {
    await sign('owner.json', DEAD)
    await file('result.json', inferenceResult({ complete: false }))
    expect((await settled()).verdict).to.equal('interrupted')
  })

  for (const [how, verdict] of [
    ['interrupted', 'interrupted'],
    ['failed', 'failed'],
  ] as const)
    it(`without a result is what its worker says: ${how}`, async () => {
      await sign('owner.json', DEAD)
      await file('receipt.json', { how, why: 'so', endedAt: '2026-11-24T10:19:00.000Z' })
      expect(await settled()).to.include({ verdict, endedAt: '2026-11-24T10:19:00.000Z' })
    })

  it('is waited for as long as its worker lives, on another node too', async () => {
    await sign('owner.json', DEAD, 300)
    await sign('worker.json', ELSEWHERE, 100)
    expect((await settled()).verdict).to.equal('running')
    await sign('worker.json', ELSEWHERE, 300)
    expect((await settled()).verdict).to.equal('interrupted')
  })

  it('may still begin for a minute', async () => {
    await sign('owner.json', DEAD, 30)
    expect((await settled()).verdict).to.equal('running')
    await sign('owner.json', DEAD, 90)
    expect((await settled()).verdict).to.equal('interrupted')
  })

  it('is over when its server’s job is', async () => {
    await sign('owner.json', DEAD)
    await sign('worker.json', ELSEWHERE)
    await context.state.update((draft) => void (draft.instances.k3f9.phase = 'ended'))
    expect((await settled()).verdict).to.equal('interrupted')
  })

  it('is shown right where nothing can be written', async () => {
    await sign('owner.json', DEAD)
    await file('result.json', inferenceResult({ thresholds: [] }))
    const readOnly = { ...context, state: { ...context.state, read: () => context.state.read() } }
    readOnly.state.update = () => Promise.reject(new Error('not reached'))
    await mkdir(join(dir, 'run.json'))
    expect((await settleRuns(readOnly, benchmarkKind)).c19d.verdict).to.equal('ok')
  })
})
