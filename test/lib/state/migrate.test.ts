import { expect } from 'chai'
import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StateError } from '../../../src/lib/platform/errors.js'
import { migrate } from '../../../src/lib/state/migrate.js'
import { readJobRecord, readRunRecord } from '../../../src/lib/state/run-directories.js'
import { isProvenEnd, PHASES, type State } from '../../../src/lib/state/schema.js'
import { contextWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { rejection } from '../../support/surroundings.js'

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/${name}-0.1.0.json`, import.meta.url))

/** Written by 0.1.0: two instances of its commands, and one of each other kind of record that it could write. Frozen. */
const STATE = fixture('state')
const old = JSON.parse(readFileSync(STATE, 'utf8')) as {
  instances: Record<string, { endpoint: unknown; service: string; readyAt: string | null }>
  runs: Record<string, { verdict: string }>
}
const current = {
  schema: 2,
  revision: 3,
  writtenBy: { version: '0.1.0', host: 'login01', pid: 1, at: '2026-11-24T10:00:00.000Z' },
  instances: {},
  runs: {},
}

describe('a state file of 0.1.0', () => {
  const { instances, runs } = migrate(old, 'f') as State

  it('holds every phase and outcome that there was', () => {
    const phases = new Set(Object.values(instances).map(({ phase }) => phase))
    expect([...phases]).to.have.members(PHASES.filter((phase) => phase !== 'running'))
    const kinds = new Set(Object.values(instances).map(({ outcome }) => outcome?.kind))
    expect(kinds.size).to.equal(9)
  })

  it('is read whole: each server is the one member of its service', () => {
    expect(Object.keys(instances)).to.deep.equal(Object.keys(old.instances))
    for (const [id, { endpoint, service, readyAt }] of Object.entries(old.instances)) {
      const members = endpoint ? { [service]: { endpoint, readyAt, failed: null } } : {}
      expect(instances[id].members, id).to.deep.equal(members)
      expect(instances[id]).to.include({ shape: 'serving', allocation: null })
      expect(instances[id]).to.not.have.property('endpoint')
    }
  })

  it('leaves nothing to be done for what had ended, or was ready', () => {
    for (const { phase, hooks, readyAt } of Object.values(instances)) {
      expect(hooks.ended === null).to.equal(phase !== 'ended')
      expect(hooks.ready).to.equal(readyAt)
    }
  })

  it('says of each end what it rests on', () => {
    const proven = Object.values(instances).filter((one) => isProvenEnd(one))
    const ended = Object.values(instances).filter(({ phase }) => phase === 'ended')
    const doubtful = ended.filter((one) => !isProvenEnd(one)).map(({ name }) => name)
    expect(doubtful).to.have.members(['canc', 'lost'])
    expect(proven.map(({ name }) => name)).to.include('olde')
  })

  it('keeps its runs, in the words of today', () => {
    expect(runs['r-saturated'].verdict).to.equal('client-bound')
    for (const [id, { verdict }] of Object.entries(old.runs))
      if (id !== 'r-saturated')
        expect(runs[id]).to.deep.equal({ ...old.runs[id], verdict, job: null })
  })
})

describe('two versions of aibench on one home', () => {
  it('the newer writes the new form at its first change, and keeps the old file beside it', async () => {
    await using context = await contextWith()
    await mkdir(context.environment.stateDir, { recursive: true, mode: 0o700 })
    await copyFile(STATE, context.state.path)
    expect(Object.keys((await context.state.read()).instances)).to.have.lengthOf(21)
    expect(await readFile(context.state.path), 'reading changes nothing').to.deep.equal(
      readFileSync(STATE),
    )
    await context.state.update((draft) => void (draft.instances.k3f9 = instanceWith()))
    const written = JSON.parse(await readFile(context.state.path, 'utf8')) as State
    expect([written.schema, Object.keys(written.instances).length]).to.deep.equal([2, 22])
    expect(await readFile(`${context.state.path}.schema-1`)).to.deep.equal(readFileSync(STATE))
  })

  it('killed before it has written, the newer leaves the old file whole', async () => {
    await using context = await contextWith()
    await mkdir(context.environment.stateDir, { recursive: true, mode: 0o700 })
    await copyFile(STATE, context.state.path)
    const killed = new Error('killed')
    await rejection(
      context.state.update(() => {
        throw killed
      }),
    )
    expect(await readFile(context.state.path)).to.deep.equal(readFileSync(STATE))
    expect(existsSync(`${context.state.path}.schema-1`)).to.equal(false)
  })

  it('the older reads nothing of the new form, and changes nothing: exit 9', () => {
    // The reader of 0.1.0 asked this, with 1 for the newest that it knew.
    const read = () => migrate({ ...current, schema: 3 }, '/home/u/state.json')
    expect(read)
      .to.throw(StateError, 'The state file was written by a newer aibench (0.1.0)')
      .with.property('exitCode', 9)
  })
})

describe('a run directory of 0.1.0', () => {
  it('still tells its instance and its runs, also when the state is lost', async () => {
    await using context = await contextWith()
    const runDir = join(context.environment.runsDir, '20261126T223413-vllm-rw2s')
    const bench = join(runDir, 'bench', 's2eg')
    await mkdir(bench, { recursive: true, mode: 0o700 })
    await copyFile(fixture('job'), join(runDir, 'job.json'))
    await copyFile(fixture('run'), join(bench, 'run.json'))
    const record = await readJobRecord(runDir)
    expect(record?.instance).to.include({ id: 'rw2s', shape: 'serving' })
    expect(await readRunRecord(bench)).to.include({ id: 's2eg', job: null, dir: bench })
    await context.state.repair()
    const { instances, runs } = await context.state.read()
    expect([Object.keys(instances), Object.keys(runs)]).to.deep.equal([['rw2s'], ['s2eg']])
    expect(instances.rw2s.lastResult).to.equal(runs.s2eg.summary)
  })

  it('of a newer aibench is left out, and not taken for an old one', async () => {
    await using context = await contextWith()
    const runDir = join(context.environment.runsDir, '20261126T223413-vllm-rw2s')
    await mkdir(runDir, { recursive: true, mode: 0o700 })
    const record = JSON.parse(await readFile(fixture('job'), 'utf8')) as object
    await writeFile(
      join(runDir, 'job.json'),
      JSON.stringify({ ...record, schema: 'aibench/job/3' }),
    )
    expect((await context.state.repair()).skipped).to.have.lengthOf(1)
  })
})

describe('migrations', () => {
  it('leave the current schema as it is', () =>
    expect(migrate(current, 'f')).to.deep.equal(current))

  it('carry an older schema over, step by step', () => {
    const older = { ...current, schema: 0, runs: undefined }
    const toOne = (state: Record<string, unknown>) => ({ ...state, schema: 1, runs: {} })
    const toTwo = (state: Record<string, unknown>) => ({ ...state, schema: 2 })
    expect(migrate(older, 'f', [toOne, toTwo])).to.deep.equal(current)
  })

  it('never throw anything but for a newer schema', () => {
    const stateOf = fc.record({
      schema: fc.constantFrom(0, 1, 2, 3),
      instances: fc.jsonValue(),
      runs: fc.jsonValue(),
    })
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), stateOf), (value) => {
        try {
          migrate(value, 'f')
        } catch (error) {
          expect(error).to.be.instanceOf(StateError)
        }
      }),
    )
  })
})
