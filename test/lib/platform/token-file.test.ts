import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AibenchError, UsageError } from '../../../src/lib/platform/errors.js'
import { readHeaderFile } from '../../../src/lib/platform/header-file.js'
import { makeTokenFile, readTokenFile } from '../../../src/lib/platform/token-file.js'
import { temporaryFolder } from '../../support/surroundings.js'

const failureOf = (doing: Promise<unknown>): Promise<AibenchError> =>
  doing.then(
    () => expect.fail('it was accepted'),
    (error: AibenchError) => error,
  )

describe('a token file, made', () => {
  it('holds 32 random bytes, for its owner only, whatever the mask', async () => {
    await using folder = await temporaryFolder()
    const before = process.umask(0)
    try {
      const [one, two] = [join(folder.path, 'one'), join(folder.path, 'two')]
      const tokens = [await makeTokenFile(one), await makeTokenFile(two)]
      for (const token of tokens) expect(Buffer.from(token, 'base64url')).to.have.lengthOf(32)
      expect(tokens[0])
        .to.match(/^[\w-]{43}$/)
        .and.not.equal(tokens[1])
      expect((await stat(one)).mode & 0o777).to.equal(0o600)
      expect(await readTokenFile(one)).to.equal(tokens[0])
    } finally {
      process.umask(before)
    }
  })

  it('never takes the place of another, nor goes through a link', async () => {
    await using folder = await temporaryFolder()
    const [path, link] = [join(folder.path, 'token'), join(folder.path, 'link')]
    await writeFile(path, 'precious')
    await symlink(join(folder.path, 'elsewhere'), link)
    for (const taken of [path, link]) {
      const error = await failureOf(makeTokenFile(taken))
      expect(error).to.be.instanceOf(UsageError).and.include({ code: 'AIB_TOKEN_FILE' })
      expect(error.message).to.include(taken)
    }
    expect(await readFile(path, 'utf8')).to.equal('precious')
  })

  it('says where it could not be made', async () => {
    await using folder = await temporaryFolder()
    const error = await failureOf(makeTokenFile(join(folder.path, 'missing', 'token')))
    expect(error).to.include({ exitCode: 3, code: 'AIB_CANNOT_WRITE' })
  })
})

describe('a token file, read', () => {
  it('gives its word without what is around it', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'token')
    for (const mode of [0o600, 0o400]) {
      await writeFile(path, '  hf_abc.DEF-1~+/=\r\n\n', { mode: 0o600 })
      await chmod(path, mode)
      expect(await readTokenFile(path)).to.equal('hf_abc.DEF-1~+/=')
      await chmod(path, 0o600)
    }
  })

  for (const mode of [0o640, 0o604, 0o644, 0o660, 0o601])
    it(`is refused with mode ${mode.toString(8)}, and the way out is named`, async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'token')
      await writeFile(path, 'secret-word\n')
      await chmod(path, mode)
      const error = await failureOf(readTokenFile(path))
      expect(error).to.be.instanceOf(UsageError).and.include({ code: 'AIB_TOKEN_FILE' })
      expect(error.message)
        .to.include(path)
        .and.include(`0${mode.toString(8)}`)
      expect(error.hints).to.deep.equal([`chmod 600 ${path}`])
    })

  for (const { title, content, says } of [
    { title: 'nothing', content: '', says: /is empty/ },
    { title: 'only blanks and line ends', content: ' \n\t\r\n', says: /is empty/ },
    { title: 'two lines', content: 'secret-one\nsecret-two\n', says: /one word on one line/ },
    { title: 'a carriage return inside', content: 'secret\rtwo', says: /one word on one line/ },
    { title: 'two words', content: 'secret one', says: /one word on one line/ },
    { title: 'what no header can carry', content: 'sécret', says: /in ASCII/ },
    { title: 'a zero byte', content: 'secret\0', says: /one word on one line/ },
    { title: 'a whole program', content: 'secret'.repeat(10_000), says: /60000 bytes/ },
  ])
    it(`is refused with ${title} in it, and none of it is said`, async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'token')
      await writeFile(path, content, { mode: 0o600 })
      const error = await failureOf(readTokenFile(path))
      expect(error).to.include({ code: 'AIB_TOKEN_FILE' })
      expect(error.message)
        .to.match(says)
        .and.include(path)
        .and.not.match(/s[eé]cret/)
    })

  it('is refused when it is not there, a folder, or a pipe without a writer', async () => {
    await using folder = await temporaryFolder()
    const [missing, dir, pipe] = ['missing', 'dir', 'pipe'].map((name) => join(folder.path, name))
    await mkdir(dir, { mode: 0o700 })
    execFileSync('mkfifo', ['-m', '600', pipe])
    for (const [path, says] of [
      [missing, /There is no token file/],
      [join(missing, 'token'), /There is no token file/],
      [dir, /not a regular file/],
      [pipe, /not a regular file/],
    ] as const) {
      const error = await failureOf(readTokenFile(path))
      expect(error).to.be.instanceOf(UsageError).and.include({ code: 'AIB_TOKEN_FILE' })
      expect(error.message).to.match(says).and.include(path)
    }
  })

  it('is refused when it belongs to another, whatever its mode', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'token')
    await writeFile(path, 'secret-word\n', { mode: 0o600 })
    await asAnothers(path, async () => {
      for (const reading of [readTokenFile(path), readHeaderFile(path)]) {
        const error = await failureOf(reading)
        expect(error).to.be.instanceOf(UsageError)
        expect(error.message)
          .to.match(/belongs to user \d+, not to you/)
          .and.include(path)
          .and.not.include('secret-word')
      }
    })
  })
})

/** Root can give a file away; everybody else takes the role of the other. */
async function asAnothers(path: string, work: () => Promise<void>): Promise<void> {
  const { getuid } = process
  const uid = getuid!()
  if (uid === 0) await chown(path, 4242, 4242)
  else process.getuid = () => uid + 1
  try {
    await work()
  } finally {
    process.getuid = getuid
  }
}
