import { expect } from 'chai'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AibenchError } from '../../../src/lib/platform/errors.js'
import { readHeaderFile } from '../../../src/lib/platform/header-file.js'

describe('a header file', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'aibench-headers-'))))
  afterEach(() => rm(folder, { recursive: true }))

  const read = async (text: string, mode = 0o600) => {
    const path = join(folder, 'headers')
    await writeFile(path, text)
    await chmod(path, mode)
    return readHeaderFile(path)
  }

  it('holds one header a line, names in any case, values as they are', async () => {
    const text = '# of the gateway\r\nX-Api-Key: k:1 2\r\n\nCookie:a=b; c=d\nx-empty-name:  v \n'
    expect(await read(text)).to.deep.equal({
      'x-api-key': 'k:1 2',
      cookie: 'a=b; c=d',
      'x-empty-name': 'v',
    })
  })

  for (const { title, text, says } of [
    {
      title: 'a line without a colon',
      text: 'a: b\nSECRET',
      says: /Line 2 .* is not "Name: value"/,
    },
    { title: 'a name with a blank', text: 'SECRET x: y', says: /Line 1 .* is not "Name: value"/ },
    { title: 'the length', text: 'Content-Length: 5', says: /content-length: .*connection/ },
    { title: 'the host', text: 'Host: SECRET', says: /sets host: .*connection/ },
    {
      title: 'a header between neighbours',
      text: 'Transfer-Encoding: x',
      says: /transfer-encoding/,
    },
    {
      title: 'what is accepted',
      text: 'accept-encoding: gzip',
      says: /benchmark sets that itself/,
    },
    { title: 'the same twice', text: 'a: SECRET\nA: SECRET', says: /sets a a second time/ },
    { title: 'no value', text: 'a:  ', says: /no value for a/ },
    { title: 'a value that no header can carry', text: 'a: SECRET\u0001', says: /in a$/ },
    { title: 'nothing', text: '# a: b\n', says: /holds no header/ },
  ])
    it(`is refused with ${title}, and no value is repeated`, async () => {
      const error = await read(text).then(
        () => expect.fail('was not refused'),
        (thrown: AibenchError) => thrown,
      )
      expect(error).to.include({ exitCode: 2, code: 'AIB_HEADER_FILE' })
      expect(error.message).to.match(says).and.not.include('SECRET')
    })

  it('that others may read is refused, with the command that mends it', async () => {
    const error = await read('a: b', 0o640).catch((thrown: AibenchError) => thrown)
    expect((error as AibenchError).message).to.match(/header file .*headers is open to others/)
    expect((error as AibenchError).hints).to.deep.equal([`chmod 600 ${join(folder, 'headers')}`])
  })
})
