import { expect } from 'chai'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dropLastLines, makePrivateDir } from '../../../src/lib/platform/files.js'
import { rejection, temporaryFolder } from '../../support/surroundings.js'

describe('room made at the end of a file of lines', () => {
  for (const { title, bytes, left } of [
    { title: 'whole lines stay', bytes: 5, left: 'one\ntwo\n' },
    { title: 'a line that was written in part goes', bytes: 0, left: 'one\ntwo\nthree\n' },
    { title: 'of more than there is nothing stays', bytes: 100, left: '' },
  ])
    it(title, async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'lines')
      await writeFile(path, 'one\ntwo\nthree\nfo')
      await dropLastLines(path, bytes)
      expect(await readFile(path, 'utf8')).to.equal(left)
    })
})

describe('a private folder', () => {
  it('is made with those above it, and may be there', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'a/b/c')
    await Promise.all([makePrivateDir(path), makePrivateDir(path)])
    await makePrivateDir(path)
    for (const one of [path, join(folder.path, 'a')])
      expect((await stat(one)).mode & 0o777).to.equal(0o700)
  })

  for (const { title, below, code } of [
    { title: 'where nothing can be made', below: () => '/proc/nothing/here', code: 'ENOENT' },
    { title: 'below a file', below: (file: string) => join(file, 'here'), code: 'ENOTDIR' },
    { title: 'where a file is', below: (file: string) => file, code: 'EEXIST' },
  ])
    it(`is an error ${title}`, async () => {
      await using folder = await temporaryFolder()
      const file = join(folder.path, 'file')
      await writeFile(file, '')
      expect(await rejection(makePrivateDir(below(file)))).to.include({ code })
    })
})
