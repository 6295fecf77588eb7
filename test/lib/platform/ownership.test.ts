import { expect } from 'chai'
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  distrustOf,
  readTrustedText,
  refuseUnlessPrivate,
} from '../../../src/lib/platform/ownership.js'
import { needs } from '../../support/require.js'
import { rejection, temporaryFolder } from '../../support/surroundings.js'

const STRANGER = 12_345

async function folderWithMode(parent: string, name: string, mode: number): Promise<string> {
  const path = join(parent, name)
  await mkdir(path)
  await chmod(path, mode)
  return path
}

describe('a folder whose content is believed', () => {
  it('is ours alone, or not there yet', async () => {
    await using folder = await temporaryFolder()
    await refuseUnlessPrivate(folder.path)
    await refuseUnlessPrivate(join(folder.path, 'not', 'yet'))
    await refuseUnlessPrivate(await folderWithMode(folder.path, 'readable', 0o755))
  })

  for (const mode of [0o770, 0o777, 0o722, 0o1777])
    it(`is refused when others may write to it: ${mode.toString(8)}`, async () => {
      await using folder = await temporaryFolder()
      const open = await folderWithMode(folder.path, 'open', mode)
      const error = await rejection(refuseUnlessPrivate(open))
      expect(error).to.include({ code: 'AIB_NOT_PRIVATE', exitCode: 3 })
      expect(error.hints).to.deep.equal([`chmod go-w ${open}`])
      await chmod(open, mode & ~0o022)
      await refuseUnlessPrivate(open)
    })

  it('is refused below one that everybody may write to, unless that is sticky', async () => {
    await using folder = await temporaryFolder()
    const open = await folderWithMode(folder.path, 'open', 0o777)
    const own = await folderWithMode(open, 'own', 0o700)
    const error = await rejection(refuseUnlessPrivate(own))
    expect(error.hints).to.include(`chmod o-w ${open}`)
    await chmod(open, 0o1777)
    await refuseUnlessPrivate(own)
    // A project's folder: its group's members are told from us by their uid.
    await chmod(open, 0o2770)
    await refuseUnlessPrivate(own)
  })

  it('of another user is refused', async function () {
    needs(this, 'root', process.getuid?.() === 0, 'only root can give a folder away')
    await using folder = await temporaryFolder()
    const theirs = await folderWithMode(folder.path, 'theirs', 0o700)
    await chown(theirs, STRANGER, STRANGER)
    const error = await rejection(refuseUnlessPrivate(theirs))
    expect(error.message).to.include('belongs to user 12345')
    expect(await distrustOf(theirs)).to.equal('it belongs to user 12345')
  })

  it('is no link that stands in its place', async () => {
    await using folder = await temporaryFolder()
    const real = await folderWithMode(folder.path, 'real', 0o700)
    await symlink(real, join(folder.path, 'link'))
    expect(await distrustOf(real)).to.equal(undefined)
    expect(await distrustOf(join(folder.path, 'link'))).to.equal('a link is in its place')
    expect(await distrustOf(join(folder.path, 'nothing'))).to.equal(undefined)
  })
})

describe('a file that is believed', () => {
  it('is ours alone', async function () {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'receipt.json')
    expect(await readTrustedText(path)).to.equal(undefined)
    await writeFile(path, 'mine', { mode: 0o600 })
    expect(await readTrustedText(path)).to.equal('mine')
    await chmod(path, 0o620)
    expect(await readTrustedText(path)).to.equal(undefined)
    await chmod(path, 0o600)
    await symlink(path, join(folder.path, 'link'))
    expect(await readTrustedText(join(folder.path, 'link'))).to.equal(undefined)
    await chmod(folder.path, 0o777)
    expect(await readTrustedText(path)).to.equal(undefined)
    await chmod(folder.path, 0o700)
    if (process.getuid?.() !== 0) return
    await chown(path, STRANGER, STRANGER)
    expect(await readTrustedText(path)).to.equal(undefined)
  })
})
