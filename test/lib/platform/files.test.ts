import { expect } from 'chai'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dropLastLines } from '../../../src/lib/platform/files.js'
import { temporaryFolder } from '../../support/surroundings.js'

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
