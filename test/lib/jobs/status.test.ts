import { expect } from 'chai'
import { mkdir, truncate, appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { explainFromLogs } from '../../../src/lib/jobs/outcome.js'
import { listInstances } from '../../../src/lib/jobs/status.js'
import { statusView } from '../../../src/lib/jobs/face/status-view.js'
import { chooseStyle } from '../../../src/lib/report/style.js'
import type { Instance } from '../../../src/lib/state/schema.js'
import { contextWith, jobWith, services } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { temporaryFolder } from '../../support/surroundings.js'

const DONE = {
  kind: 'completed',
  exitCode: 0,
  signal: null,
  summary: 'stopped',
  proof: 'receipt',
} as const
const style = chooseStyle({ isTty: false, columns: 100, variables: {}, noColorFlag: true })

function ended(index: number): Instance {
  const minute = String(index % 60).padStart(2, '0')
  return instanceWith({
    ...{ id: `e${index}`, name: `old${index}`, token: `aibench:e${index}`, phase: 'ended' },
    ...{ scheduler: 'slurm', outcome: DONE, endpoint: null, service: 'vllm', options: {} },
    intendedAt: `2026-11-23T${String(Math.floor(index / 60)).padStart(2, '0')}:${minute}:00.000Z`,
    startedAt: '2026-11-23T10:00:00.000Z',
    endedAt: '2026-11-23T11:00:00.000Z',
  })
}

describe('status', () => {
  const alive = instanceWith({ scheduler: 'slurm', name: 'alive', intendedAt: '2026-11-01' })

  it('lists those that live and the last few that ended, and says how many more there are', async () => {
    const old = Array.from({ length: 20 }, (_, index) => ended(index))
    await using context = await contextWith([...old, alive])
    context.scripted.jobs = [jobWith()]
    const report = await listInstances(context, { all: false })
    expect(report.instances.map(({ name }) => name)).to.deep.equal(
      ['alive'].concat(['old19', 'old18', 'old17', 'old16', 'old15']),
    )
    expect(report.hidden).to.equal(15)
    expect(report.nodeHours).to.be.above(20)
    expect(statusView(report, style)).to.include('15 more that ended: aibench status --all')
  })

  it('shows what is known of a service that this version does not know, and changes nothing of it', async () => {
    const foreign = instanceWith({
      id: 'f000',
      service: 'newer',
      name: 'foreign',
      scheduler: 'slurm',
    })
    await using context = await contextWith([alive, foreign])
    context.scripted.jobs = [jobWith()]
    const { instances } = await listInstances(context, { all: true })
    const found = instances.find(({ name }) => name === 'foreign')!
    expect(found).to.include({ summary: 'ready', service: 'newer', node: 'mel0001' })
    expect(found.detail).to.equal('this version of aibench does not know the service newer')
    expect(statusView(await listInstances(context, { all: true }), style)).to.include('foreign')
    const state = await context.state.read()
    expect(
      Object.values(state.instances).find(({ name }) => name === 'foreign')!.members,
    ).to.deep.equal(foreign.members)
  })

  it('lists all when asked for all', async () => {
    await using context = await contextWith(Array.from({ length: 20 }, (_, index) => ended(index)))
    const report = await listInstances(context, { all: true })
    expect(report.instances).to.have.lengthOf(20)
    expect(report.hidden).to.equal(0)
    expect(statusView(report, style)).to.not.include('--all')
  })

  it('reads no log of what has ended', async () => {
    await using context = await contextWith()
    const runDir = join(context.folder, 'run')
    await mkdir(runDir)
    await writeFile(
      join(runDir, 'stdout.log'),
      '2026-11-24T10:15:02.000Z aibench: vllm on n1, started\n',
    )
    const stagesOf = async (change: Partial<Instance>) => {
      await context.state.update((draft) => {
        draft.instances = { e1: { ...ended(1), runDir, ...change } }
      })
      return (await listInstances(context, { all: true })).instances[0].stages.map((s) => s.name)
    }
    expect(await stagesOf({ phase: 'starting', outcome: null })).to.include('imports')
    expect(await stagesOf({})).to.not.include('imports')
  })
})

describe('the reason that a log tells', () => {
  const KILLED = 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB'

  it('is found at the end of a log of any size', async () => {
    await using folder = await temporaryFolder()
    const log = join(folder.path, 'stderr.log')
    await writeFile(log, 'first\n')
    // Longer than the longest string of Node.
    await truncate(log, 1_200_000_000)
    await appendFile(log, `\n${KILLED}\nend\n`)
    const found = await explainFromLogs(services, { ...ended(1), runDir: folder.path })
    expect(found).to.include({ line: KILLED, place: 'stderr.log, 3 lines before its end' })
  })

  it('has the number of its line where the log is short', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'stderr.log'), `a\n${KILLED}\nend\n`)
    const found = await explainFromLogs(services, { ...ended(1), runDir: folder.path })
    expect(found).to.include({ place: 'stderr.log:2' })
  })

  it('does not matter when the log can not be read', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'stderr.log'))
    expect(await explainFromLogs(services, { ...ended(1), runDir: folder.path })).to.equal(
      undefined,
    )
  })
})
