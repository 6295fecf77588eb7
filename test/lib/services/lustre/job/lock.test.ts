import { expect } from 'chai'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { takeDirectory } from '../../../../../src/lib/services/lustre/job/lock.js'
import { jobWith } from '../../../../support/job-context.js'
import { rejection } from '../../../../support/surroundings.js'

describe('the lock of a directory', () => {
  async function surroundings() {
    const job = await jobWith({})
    const other = join(job.path, 'other')
    await mkdir(other)
    const ours = { dir: job.dir, runDir: job.runDir, id: 'k3f9' }
    return {
      ...{ dir: job.dir, other, lock: join(job.dir, '.aibench-run.json') },
      take: () => takeDirectory(job.context, ours),
      takeOther: () => takeDirectory(job.context, { ...ours, runDir: other, id: 'zzzz' }),
      [Symbol.asyncDispose]: () => job[Symbol.asyncDispose](),
    }
  }

  it('keeps a second run out while the first is at work, and is gone after it', async () => {
    await using here = await surroundings()
    const lock = await here.take()
    const error = await rejection(here.takeOther())
    expect(error).to.include({ code: 'AIB_DIRECTORY_BUSY', exitCode: 3 })
    expect(error.where).to.match(/^run k3f9, job unknown/)
    await lock.release()
    expect(await readdir(here.dir)).to.deep.equal([])
    await (await here.takeOther()).release()
  })

  it('of a run that has its receipt holds nobody up', async () => {
    await using here = await surroundings()
    const first = await here.takeOther()
    await writeFile(join(here.other, 'receipt.json'), '{}')
    const lock = await here.take()
    expect(JSON.parse(await readFile(here.lock, 'utf8')).run).to.equal('k3f9')
    await lock.release()
    await first.release()
  })

  it('that nobody has signed for minutes, or that is none, holds nobody up', async () => {
    await using here = await surroundings()
    const old = { run: 'zzzz', runDir: here.other, job: '7', host: 'n1' }
    for (const text of [JSON.stringify({ ...old, at: '2026-01-01T00:00:00.000Z' }), '{"run":']) {
      await writeFile(here.lock, text)
      await (await here.take()).release()
    }
    await writeFile(here.lock, JSON.stringify({ ...old, at: new Date().toISOString() }))
    expect(await rejection(here.take())).to.include({ code: 'AIB_DIRECTORY_BUSY' })
  })
})
