import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pruneInstances } from '../../../src/lib/jobs/prune.js'
import type { Instance, OutcomeRecord } from '../../../src/lib/state/schema.js'
import { contextWith, type FakeContext } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'

const DAY = 86_400_000
const ALL = { olderThanMs: null, keep: 0, withRunDirectories: true, dryRun: false }
const known: OutcomeRecord = {
  kind: 'completed',
  exitCode: 0,
  signal: null,
  summary: 'stopped',
  proof: 'receipt',
}

async function add(
  context: FakeContext,
  id: string,
  daysAgo: number,
  change: Partial<Instance> = {},
) {
  const runDir = join(context.environment.runsDir, `20261101T000000-chroma-${id}`)
  await mkdir(runDir, { recursive: true, mode: 0o700 })
  const endedAt = new Date(context.clock.now().getTime() - daysAgo * DAY).toISOString()
  const ended = { phase: 'ended' as const, outcome: known, endedAt }
  const instance = instanceWith({
    id,
    name: id,
    token: `aibench:${id}`,
    runDir,
    ...ended,
    ...change,
  })
  await writeFile(
    join(runDir, 'job.json'),
    JSON.stringify({ schema: 'aibench/job/1', instance, argv: [], provenance: {} }),
    { mode: 0o600 },
  )
  await context.state.update((draft) => void (draft.instances[id] = instance))
  return runDir
}

const left = async (context: FakeContext) =>
  Object.keys((await context.state.read()).instances).sort()

describe('prune', () => {
  it('forgets what ended long ago, and leaves the run directories unless told', async () => {
    await using context = await contextWith()
    const runDir = await add(context, 'old1', 40)
    await add(context, 'new1', 3)
    const request = { ...ALL, olderThanMs: 30 * DAY, withRunDirectories: false }
    const planned = await pruneInstances(context, { ...request, dryRun: true })
    expect(planned.removed.map(({ id }) => id)).to.deep.equal(['old1'])
    expect(planned.removed[0].bytes).to.be.above(100)
    expect(await left(context)).to.deep.equal(['new1', 'old1'])
    await pruneInstances(context, request)
    expect(await left(context)).to.deep.equal(['new1'])
    expect(existsSync(runDir)).to.equal(true)
  })

  it('keeps the newest', async () => {
    await using context = await contextWith()
    for (const [id, days] of [
      ['a1', 1],
      ['a2', 2],
      ['a3', 3],
    ] as const)
      await add(context, id, days)
    await pruneInstances(context, { ...ALL, keep: 2 })
    expect(await left(context)).to.deep.equal(['a1', 'a2'])
  })

  it('never touches what lives, or whose end is only a conclusion', async () => {
    await using context = await contextWith()
    const alive = await add(context, 'live', 0, { phase: 'ready', outcome: null, endedAt: null })
    const lost = { ...known, kind: 'lost', proof: 'concluded' } as const
    const uncertain = await add(context, 'lost', 90, { outcome: lost })
    const report = await pruneInstances(context, ALL)
    expect(report.removed).to.deep.equal([])
    expect(report.kept).to.deep.equal([{ name: 'lost', why: 'its end is not certain' }])
    expect(await left(context)).to.deep.equal(['live', 'lost'])
    expect(existsSync(alive) && existsSync(uncertain)).to.equal(true)
  })

  it('removes no folder that is not proven to be the run directory of the instance', async () => {
    await using context = await contextWith()
    const other = await add(context, 'othr', 90)
    const precious = join(context.folder, 'precious')
    await mkdir(precious)
    // A link in its place; another's folder; a folder elsewhere; one with the job of another.
    const link = await add(context, 'link', 90)
    await rename(link, `${link}-moved`)
    await symlink(precious, link)
    await add(context, 'home', 90, { runDir: precious })
    const stolen = await add(context, 'stln', 90)
    await writeFile(join(stolen, 'job.json'), '{}')
    const report = await pruneInstances(context, ALL)
    expect(report.removed.map(({ id }) => id)).to.deep.equal(['othr'])
    expect(report.kept.map(({ name }) => name)).to.have.members(['link', 'home', 'stln'])
    expect(existsSync(other)).to.equal(false)
    expect([precious, stolen, `${link}-moved`].every((path) => existsSync(path))).to.equal(true)
    expect(await left(context)).to.deep.equal(['home', 'link', 'stln'])
  })
})
