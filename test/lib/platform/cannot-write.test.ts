import { expect } from 'chai'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cannotUse, cannotWrite } from '../../../src/lib/platform/cannot-write.js'
import { temporaryFolder } from '../../support/surroundings.js'

const errno = (code: string, syscall: string, path?: string) =>
  Object.assign(new Error(`${code}: library text`), { code, syscall, path })

describe('a file that can not be used', () => {
  it('is told as one to read when that was what was tried', async () => {
    for (const syscall of ['scandir', 'lstat', 'uv_cwd']) {
      const error = cannotUse(errno('EACCES', syscall, '/x/y z'), '/home/aib')
      expect(error).to.include({ code: 'AIB_CANNOT_READ', exitCode: 3 })
      expect(error.message).to.equal("Can't read /x/y z: permission denied")
      expect(error.hints).to.deep.equal(["ls -ld '/x/y z'"])
    }
  })

  it('is told as one to read when it is there and can not be opened', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'image.sif')
    await writeFile(path, '')
    await chmod(path, 0)
    const { code } = cannotUse(errno('EACCES', 'open', path), '/h')
    // Root may open all, so that for root it can only have been the writing.
    const isRoot = process.getuid?.() === 0
    expect(code).to.equal(isRoot ? 'AIB_CANNOT_WRITE' : 'AIB_CANNOT_READ')
  })

  it('is told as one to write else, by its folder', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'there'))
    const path = join(folder.path, 'there', 'new')
    const error = cannotUse(errno('EACCES', 'open', path), '/h')
    expect(error.message).to.equal(
      `Can't write below ${join(folder.path, 'there')}: permission denied`,
    )
    expect(cannotUse(errno('EROFS', 'fsync'), '/h').message).to.include('below /h: it is read-only')
  })

  it('hints at space only where space is missing', () => {
    const hintsOf = (code: string) => cannotWrite('/x', errno(code, 'open')).hints.join(' ')
    expect(hintsOf('ENOSPC')).to.include('df -h /x')
    expect(hintsOf('EDQUOT')).to.include('df -h /x')
    expect(hintsOf('EACCES')).to.include('ls -ld /x').and.not.include('df')
    expect(hintsOf('EROFS')).to.not.include('df')
  })
})
