import { expect } from 'chai'
import { link, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StateError } from '../../../src/lib/platform/errors.js'
import { processIdentity } from '../../../src/lib/platform/machine.js'
import { withLock } from '../../../src/lib/state/lock.js'
import { putMark, takeAway } from '../../../src/lib/state/lock-mark.js'
import { clock, rejection, temporaryFolder } from '../../support/surroundings.js'

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

  it('that goes from hand to hand for too long is told as that, and is not to be taken away', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    let turn = 0
    const readers = { ...here, waitMs: 60_000, waitForAllMs: 300 }
    // Each look finds another holder.
    const makeLink = async () => {
      await writeFile(path, JSON.stringify({ host: 'login02', pid: ++turn, start: '1' }))
      throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
    }
    const work = withLock(path, { ...readers, makeLink }, async () => 'mine')
    const error = await rejection(work)
    expect(error.message).to.include('Many commands use the state file at once')
    expect(String(error.hints)).to.not.include('rm')
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

/** What link(2) says on file systems that have none: SMB, sshfs, virtiofs, vfat. */
const failing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code })
}

describe('the lock where there are no hard links', () => {
  for (const code of ['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS', 'EMLINK'])
    it(`lets one in at a time all the same: ${code}`, async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'lock')
      let [inside, most] = [0, 0]
      const work = async () => {
        most = Math.max(most, ++inside)
        await clock.sleep(2)
        inside--
      }
      const options = { ...here, waitMs: 60_000, makeLink: failing(code) }
      await Promise.all(Array.from({ length: 10 }, () => withLock(path, options, work)))
      expect(most).to.equal(1)
      expect(await readdir(folder.path)).to.deep.equal([])
    })

  it('excludes one that was made with a hard link, and the other way round', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    const without = { ...here, makeLink: failing('ENOTSUP') }
    const tried = (options: typeof here) =>
      withLock(path, options, async () => 'mine').catch((e: { code: string }) => e.code)
    expect(await withLock(path, here, () => tried(without))).to.equal('AIB_STATE_LOCKED')
    expect(await withLock(path, without, () => tried(here))).to.equal('AIB_STATE_LOCKED')
    expect(await tried(without)).to.equal('mine')
  })

  it('of a dead process of this host is broken at once', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    await mkdir(path)
    await writeFile(join(path, 'holder'), '{"host":"login01","pid":4194303,"start":"1"}')
    const options = { ...here, makeLink: failing('ENOTSUP') }
    expect(await withLock(path, options, async () => 'mine')).to.equal('mine')
    expect(await readdir(folder.path)).to.deep.equal([])
  })

  it('is not had where folders can not be renamed either: the file system and the way out are named', async () => {
    await using folder = await temporaryFolder()
    const claim = join(folder.path, 'claim')
    await writeFile(claim, 'me')
    // From one file system to another nothing can be renamed.
    const path = `/dev/shm/aibench-test-${process.pid}`
    const error = await rejection(putMark(claim, path, 'me', failing('ENOTSUP')))
    expect(error).to.include({ code: 'AIB_NO_LOCK', exitCode: 3 })
    expect(error.message).to.include('tmpfs')
    expect(String(error.hints)).to.include('AIBENCH_HOME=')
  })
})

describe('a lock that is taken away', () => {
  it('is given back when it is not the one that was seen: the race was lost', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    for (const isFolder of [false, true]) {
      if (isFolder) await mkdir(path)
      await writeFile(isFolder ? join(path, 'holder') : path, 'a new holder')
      await takeAway(path, 'the dead holder', `${path}.taken`)
      expect(await readFile(isFolder ? join(path, 'holder') : path, 'utf8')).to.equal(
        'a new holder',
      )
      expect(await readdir(folder.path)).to.deep.equal(['lock'])
      await takeAway(path, 'a new holder', `${path}.taken`)
      expect(await readdir(folder.path)).to.deep.equal([])
    }
  })

  it('is broken by one at a time', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    await heldBy(path, { host: 'login01', pid: 4_194_303, start: '1' })
    await mkdir(`${path}.breaking`)
    const error = await withLock(path, here, async () => 'mine').catch((e: unknown) => e)
    expect(error).to.be.instanceOf(StateError)
    // Who was breaking it has been killed long ago.
    const longAgo = new Date(Date.now() - 30_000)
    await utimes(`${path}.breaking`, longAgo, longAgo)
    expect(await withLock(path, here, async () => 'mine')).to.equal('mine')
  })

  it('tells its holder so', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    const answers = await withLock(path, here, async (held) => {
      const before = await held()
      await rm(path)
      await heldBy(path, { host: 'login02', pid: 7, start: '1' })
      return [before, await held()]
    })
    expect(answers).to.deep.equal([true, false])
    // And another's lock is left alone at the end.
    expect(await readdir(folder.path)).to.include('lock')
  })
})

describe('many who wait for the lock', () => {
  it('are let in as long as it goes from hand to hand, however many they are', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    let inside = 0
    // Each holds it for a good part of what one holder is waited for; together for many times that.
    const options = { ...here, waitMs: 2_000, waitForAllMs: 120_000 }
    const work = async () => {
      inside++
      await clock.sleep(200)
    }
    await Promise.all(Array.from({ length: 25 }, () => withLock(path, options, work)))
    expect(inside).to.equal(25)
  }).timeout(120_000)
})
