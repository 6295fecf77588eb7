import { expect } from 'chai'
import { link, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StateError } from '../../../src/lib/platform/errors.js'
import { processIdentity } from '../../../src/lib/platform/machine.js'
import { withLock } from '../../../src/lib/state/lock.js'
import { clock, temporaryFolder } from '../../support/surroundings.js'

const here = { clock, hostname: 'login01', waitMs: 200 }

async function heldBy(path: string, holder: object): Promise<void> {
  await writeFile(`${path}.other`, JSON.stringify(holder))
  await link(`${path}.other`, path)
}

describe('the lock', () => {
  it('lets one in at a time', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    let [inside, most] = [0, 0]
    const work = async () => {
      most = Math.max(most, ++inside)
      await clock.sleep(2)
      inside--
    }
    await Promise.all(
      Array.from({ length: 20 }, () => withLock(path, { ...here, waitMs: 10_000 }, work)),
    )
    expect(most).to.equal(1)
    expect(await readdir(folder.path)).to.deep.equal([])
  })

  it('is given back when the work fails', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    await withLock(path, here, () => Promise.reject(new Error('no'))).catch(() => undefined)
    expect(await withLock(path, here, async () => 'mine')).to.equal('mine')
  })

  it('of a dead process of this host is broken at once', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    await heldBy(path, { host: 'login01', pid: 4_194_303, start: '1' })
    expect(await withLock(path, here, async () => 'mine')).to.equal('mine')
  })

  it('of a living process of this host is not broken, however old', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    await heldBy(path, { host: 'login01', ...processIdentity(process.pid) })
    await utimes(path, 0, 0)
    const error = await withLock(path, here, async () => 'mine').catch((e: unknown) => e)
    expect(error).to.be.instanceOf(StateError)
    expect((error as StateError).message).to.include(`process ${process.pid} on login01`)
  })

  it('of another host is broken only when it is old', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    await heldBy(path, { host: 'login02', pid: 1, start: '1' })
    expect(
      await withLock(path, here, async () => 'mine').catch((e: unknown) => e),
    ).to.be.instanceOf(StateError)
    await utimes(path, new Date(Date.now() - 120_000), new Date(Date.now() - 120_000))
    expect(await withLock(path, here, async () => 'mine')).to.equal('mine')
  })

  it('whose pid was given to another process is broken', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    await heldBy(path, { host: 'login01', pid: process.pid, start: '1' })
    expect(await withLock(path, here, async () => 'mine')).to.equal('mine')
  })
})
