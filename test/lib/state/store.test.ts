import { expect } from 'chai'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StateError } from '../../../src/lib/platform/errors.js'
import type { RepairReport } from '../../../src/lib/state/contract.js'
import {
  createRunDirectory,
  writeJobRecord,
  writeRunRecord,
} from '../../../src/lib/state/run-directories.js'
import type { OutcomeRecord } from '../../../src/lib/state/schema.js'
import { openState } from '../../../src/lib/state/store.js'
import { instanceWith } from '../../support/instances.js'
import { clock, environmentIn, temporaryFolder } from '../../support/surroundings.js'

const WRITER = new URL('../../support/state-writer.ts', import.meta.url).pathname
const run = promisify(execFile)

function storeIn(folder: string, onRepair?: (report: RepairReport) => void) {
  return openState({ environment: environmentIn(folder), clock, version: '0.0.0-test', onRepair })
}

describe('the state file', () => {
  it('is empty before anything was written, and reading writes nothing', async () => {
    await using folder = await temporaryFolder()
    expect((await storeIn(folder.path).read()).instances).to.deep.equal({})
    expect(await readdir(folder.path)).to.deep.equal([])
  })

  it('belongs to its owner alone', async () => {
    await using folder = await temporaryFolder()
    const home = join(folder.path, 'home')
    await storeIn(home).update(() => undefined)
    expect((await stat(home)).mode & 0o777).to.equal(0o700)
    expect((await stat(join(home, 'state.json'))).mode & 0o777).to.equal(0o600)
  })

  it('keeps 400 of 400 updates of 20 processes', async function () {
    await using folder = await temporaryFolder()
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        run(process.execPath, ['--import', 'tsx', WRITER, folder.path, String(i), '20']),
      ),
    )
    const state = await storeIn(folder.path).read()
    expect(Object.keys(state.instances)).to.have.lengthOf(400)
    expect(state.revision).to.equal(400)
    expect(await readdir(folder.path)).to.deep.equal(['state.json'])
  })

  it('survives writers that are killed at any moment', async function () {
    await using folder = await temporaryFolder()
    const store = storeIn(folder.path)
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, [
        '--import',
        'tsx',
        WRITER,
        folder.path,
        `r${round}`,
        '100000',
      ])
      const before = (await store.read()).revision
      while ((await store.read()).revision < before + 3) await clock.sleep(5)
      await clock.sleep(Math.random() * 20)
      child.kill('SIGKILL')
      await once(child, 'close')
      const after = await store.update((draft) => draft.revision)
      expect(after).to.be.at.least(before + 3)
      expect(Object.keys((await store.read()).instances)).to.have.lengthOf.at.least(3)
    }
  })

  it('of a newer aibench is refused and left alone', async () => {
    await using folder = await temporaryFolder()
    const text = JSON.stringify({ schema: 99, writtenBy: { version: '7.0.0' } })
    await writeFile(join(folder.path, 'state.json'), text)
    const store = storeIn(folder.path)
    for (const use of [() => store.read(), () => store.update(() => undefined)]) {
      const error = await use().catch((e: unknown) => e)
      expect(error).to.be.instanceOf(StateError)
      expect((error as StateError).message).to.include('7.0.0')
    }
    expect(await readFile(join(folder.path, 'state.json'), 'utf8')).to.equal(text)
  })

  it('that is corrupt is set aside and rebuilt from the run directories', async () => {
    await using folder = await temporaryFolder()
    const environment = environmentIn(folder.path)
    const runDir = await createRunDirectory(
      { environment, clock },
      { id: 'k3f9', service: 'chroma' },
    )
    await writeJobRecord(
      { environment, clock },
      {
        instance: instanceWith({ runDir }),
        script: 'chroma.sh',
        environment: {},
        argv: ['sbatch'],
        provenance: {},
      },
    )
    await mkdir(join(folder.path, 'runs', 'stray'))
    await writeFile(join(folder.path, 'state.json'), '{"schema": 1, "instances": {')
    const reports: RepairReport[] = []
    const state = await storeIn(folder.path, (report) => reports.push(report)).read()
    expect(state.instances.k3f9.name).to.equal('chroma')
    expect(reports).to.have.lengthOf(1)
    expect(reports[0].skipped.map(({ dir }) => dir)).to.deep.equal(['stray'])
    expect(await readFile(reports[0].setAside!, 'utf8')).to.match(/^\{"schema": 1/)
  })
})

describe('a repair', () => {
  const cancelled: OutcomeRecord = {
    kind: 'cancelled',
    exitCode: null,
    signal: null,
    proof: 'scheduler',
    summary: 'cancelled',
  }

  it('of a file that can be read loses nothing that it knows, and keeps one copy', async () => {
    await using folder = await temporaryFolder()
    const store = storeIn(folder.path)
    const ended = instanceWith({
      ...{ phase: 'ended', outcome: cancelled, jobId: '12', nodeList: ['mel0007'] },
      lastResult: '3 690 q/s',
    })
    await store.update((draft) => void (draft.instances.k3f9 = ended))
    for (const _ of [1, 2]) {
      const { setAside, instances } = await store.repair()
      expect(setAside).to.equal(join(folder.path, 'state.json.before-repair'))
      expect(instances).to.equal(1)
    }
    expect((await store.read()).instances.k3f9).to.deep.equal({ ...ended, cluster: null, ...more })
    const names = (await readdir(folder.path)).filter((name) => name.startsWith('state.json'))
    expect(names.sort()).to.deep.equal(['state.json', 'state.json.before-repair'])
  })

  const more = { restarts: 0, stopAskedAt: null }

  it('of a corrupt file takes ends from the run directories, and the last result from its runs', async () => {
    await using folder = await temporaryFolder()
    const environment = environmentIn(folder.path)
    const place = { environment, clock }
    const runDir = await createRunDirectory(place, { id: 'k3f9', service: 'chroma' })
    const instance = instanceWith({ runDir, phase: 'ended', outcome: cancelled, jobId: '12' })
    const files = { script: 'chroma.sh', environment: {}, argv: [], provenance: {} }
    await writeJobRecord(place, { instance, ...files })
    for (const [id, summary] of [
      ['r1', 'old'],
      ['r2', 'newest'],
    ]) {
      const dir = join(runDir, 'bench', id)
      await mkdir(dir, { recursive: true })
      const startedAt = `2026-11-24T10:2${id[1]}:00.000Z`
      const ends = { endedAt: startedAt, verdict: 'ok' as const, summary }
      const run = {
        id,
        service: 'chroma',
        instance: 'k3f9',
        job: null,
        target: 'chroma',
        dir,
        startedAt,
      }
      await writeRunRecord({ ...run, ...ends })
    }
    await writeFile(join(folder.path, 'state.json'), '{"schema": 1, "inst')
    const state = await storeIn(folder.path).read()
    expect(state.instances.k3f9).to.deep.include({ outcome: cancelled, lastResult: 'newest' })
    expect(await readdir(folder.path)).to.include('state.json.corrupt')
  })
})
