import { expect } from 'chai'
import { mkdir, realpath, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeRunPlan, type RunPlan } from '../../../../src/lib/instrument/filesystem/run-plan.js'
import { leftOverOf } from '../../../../src/lib/services/lustre/left-over.js'
import { runPlanIn } from '../../../support/run-plan.js'
import { rejection, temporaryFolder } from '../../../support/surroundings.js'

describe('what a run has left', () => {
  async function surroundings(change: (dir: string) => Partial<RunPlan> = () => ({})) {
    const folder = await temporaryFolder()
    const path = await realpath(folder.path)
    const [dir, runDir] = [join(path, 'data'), join(path, '20261124T101500-lustre-k3f9')]
    const dataDir = join(dir, 'aibench-k3f9')
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await mkdir(join(path, 'precious', 'aibench-k3f9'), { recursive: true, mode: 0o700 })
    await mkdir(runDir)
    await writeRunPlan(runDir, runPlanIn(dir, change(dir)))
    return {
      ...{ path, dir, runDir, dataDir },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    }
  }

  it('is the directory of its test files', async () => {
    await using here = await surroundings()
    expect((await leftOverOf(here.runDir))?.folder).to.equal(here.dataDir)
  })

  it('is nothing once that is gone, and where there is no plan', async () => {
    await using here = await surroundings()
    await rename(here.dataDir, join(here.path, 'gone'))
    expect(await leftOverOf(here.runDir)).to.equal(undefined)
    await writeFile(join(here.runDir, 'plan.json'), '{}')
    expect(await leftOverOf(here.runDir)).to.equal(undefined)
  })

  for (const [what, change] of [
    ['another directory', (dir: string) => ({ dataDir: join(dir, '..', 'precious') })],
    ['the user’s directory itself', (dir: string) => ({ dataDir: dir })],
    ['one below it', (dir: string) => ({ dataDir: join(dir, 'x', 'aibench-k3f9') })],
    ['that of another run', (dir: string) => ({ id: 'zzzz', dataDir: join(dir, 'aibench-zzzz') })],
    ['one by another way', (dir: string) => ({ dataDir: `${dir}/../data/aibench-k3f9` })],
  ] as const)
    it(`is not ${what}, whatever the plan says`, async () => {
      await using here = await surroundings(change)
      const error = await rejection(leftOverOf(here.runDir))
      expect(error).to.include({ code: 'AIB_NOT_OURS', exitCode: 3 })
    })

  it('is no link, and not beyond one', async () => {
    await using here = await surroundings()
    await rename(here.dataDir, join(here.path, 'moved'))
    await symlink(join(here.path, 'precious'), here.dataDir)
    const error = await rejection(leftOverOf(here.runDir))
    expect(error.message).to.match(/a link is in its place/)
    await rename(here.dir, join(here.path, 'old'))
    await symlink(join(here.path, 'precious'), here.dir)
    expect((await rejection(leftOverOf(here.runDir))).message).to.match(/reached by a link/)
  })
})
