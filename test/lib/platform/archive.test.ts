import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import {
  appendFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import yauzl from 'yauzl'
import { writeArchive } from '../../../src/lib/platform/archive.js'
import { takeDraft } from '../../../src/lib/platform/drafts.js'
import { UsageError } from '../../../src/lib/platform/errors.js'
import { filesBelow, readWhatIsThere, type Trouble } from '../../../src/lib/platform/tree-reader.js'
import { rejection, temporaryFolder } from '../../support/surroundings.js'

async function namesIn(path: string): Promise<string[]> {
  const file = await yauzl.openPromise(path)
  const names: string[] = []
  for await (const entry of file.eachEntry()) names.push(entry.fileName)
  return names.sort()
}

describe('an archive', () => {
  it('holds every file but what is left out, with sums that are right', async () => {
    await using folder = await temporaryFolder()
    const root = join(folder.path, 'run')
    await mkdir(join(root, 'bench', 'b7k2'), { recursive: true })
    await writeFile(join(root, 'stdout.log'), 'SLURM_JOB_ID: 1\n')
    await writeFile(join(root, 'job.env'), 'SECRET=x')
    await writeFile(join(root, 'bench', 'b7k2', 'result.json'), '{}')
    await writeFile(join(root, 'api.token'), 'secret')
    const out = join(folder.path, 'out.zip')
    const archive = await writeArchive({
      out,
      roots: [root],
      exclude: ['job.env', '*.token'],
      overwrite: false,
    })
    expect(archive.files).to.equal(2)
    expect(await namesIn(out)).to.deep.equal([
      'manifest.json',
      'run/bench/b7k2/result.json',
      'run/stdout.log',
    ])
    expect(await readdir(folder.path)).to.have.members(['run', 'out.zip'])
    const file = await yauzl.openPromise(out)
    for await (const entry of file.eachEntry()) {
      if (entry.fileName !== 'manifest.json') continue
      let text = ''
      for await (const chunk of await file.openReadStreamPromise(entry)) text += chunk
      const sums = (JSON.parse(text) as { sha256: Record<string, string> }).sha256
      expect(sums['run/stdout.log']).to.equal(
        createHash('sha256').update('SLURM_JOB_ID: 1\n').digest('hex'),
      )
    }
  })

  it('does not overwrite unasked, and leaves nothing beside', async () => {
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'out.zip')
    await writeFile(out, 'mine')
    const root = await rootWith(folder.path, { a: '1' })
    const request = { out, roots: [root], exclude: [] }
    const error = await rejection(writeArchive({ ...request, overwrite: false }))
    expect(error).to.be.instanceOf(UsageError)
    expect(String(error.hints)).to.include('--force')
    expect(await readFile(out, 'utf8')).to.equal('mine')
    expect((await readdir(folder.path)).sort()).to.deep.equal(['out.zip', 'run'])
    await writeArchive({ ...request, overwrite: true })
    expect(await namesIn(out)).to.deep.equal(['manifest.json', 'run/a'])
  })

  it('in a folder that is not there is refused with the command that makes it', async () => {
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'nope', 'x.zip')
    const error = await rejection(
      writeArchive({ out, roots: [folder.path], exclude: [], overwrite: false }),
    )
    expect(error).to.include({ exitCode: 3, code: 'AIB_NO_FOLDER' })
    expect(error.hints).to.deep.equal([`mkdir -p ${join(folder.path, 'nope')}`])
  })

  it('replaces a link and does not write through it', async () => {
    await using folder = await temporaryFolder()
    const [out, precious] = [join(folder.path, 'out.zip'), join(folder.path, 'precious')]
    await writeFile(precious, 'mine')
    await symlink(precious, out)
    const root = await rootWith(folder.path, { a: '1' })
    await writeArchive({ out, roots: [root], exclude: [], overwrite: true })
    expect(await readFile(precious, 'utf8')).to.equal('mine')
    expect((await lstat(out)).isFile()).to.equal(true)
  })

  it('keeps files of any name, under one that zip programs take', async () => {
    await using folder = await temporaryFolder()
    const root = await rootWith(folder.path, {
      'a\\b': 'backslash',
      'a%5Cb': 'taken',
      'c\u001b[2Jd': 'escape',
      'new\nline': 'n',
      '..\\..\\evil': 'e',
    })
    const out = join(folder.path, 'out.zip')
    const archive = await writeArchive({ out, roots: [root], exclude: [], overwrite: false })
    expect(archive.files).to.equal(5)
    expect(await namesIn(out)).to.have.members(
      ['manifest.json', 'run/..%5C..%5Cevil', 'run/a%5Cb', 'run/a%5Cb~2', 'run/c%1B[2Jd'].concat(
        'run/new%0Aline',
      ),
    )
    expect(JSON.stringify(await manifestOf(out))).to.include('"run/c%1B[2Jd":"run/c\\u001b[2Jd"')
  })

  it('survives files that go, grow, shrink and are replaced while it is made, and names them', async () => {
    await using folder = await temporaryFolder()
    const big = 'x'.repeat(3_000_000)
    const names = ['a-first', 'b-grows', 'c-shrinks', 'd-goes', 'e-link', 'f-stays', 'g-pipe']
    const root = await rootWith(folder.path, Object.fromEntries(names.map((n) => [n, big])))
    const troubles: Trouble[] = []
    const seen: Record<string, number> = {}
    for await (const file of filesBelow(root, [], troubles)) {
      const name = file.name.slice('run/'.length)
      if (name === 'd-goes') await rm(file.path)
      if (name === 'e-link' || name === 'g-pipe') {
        await rm(file.path)
        if (name === 'e-link') await symlink('/etc/passwd', file.path)
        else execFileSync('mkfifo', [file.path])
      }
      const opened = await readWhatIsThere(file, troubles)
      let bytes = 0
      for await (const chunk of opened?.chunks ?? []) {
        if (bytes === 0 && name === 'b-grows') await appendFile(file.path, 'more')
        if (bytes === 0 && name === 'c-shrinks') await truncate(file.path, 1_000)
        bytes += chunk.length
      }
      seen[name] = bytes
    }
    expect(seen).to.include({
      'b-grows': 3_000_000,
      'd-goes': 0,
      'e-link': 0,
      'f-stays': 3_000_000,
    })
    expect(Object.fromEntries(troubles.map(({ file, why }) => [file, why]))).to.deep.equal({
      'run/b-grows': 'grew while it was read: its start is kept',
      'run/c-shrinks': 'became shorter while it was read',
      'run/d-goes': 'vanished before it was read',
      'run/e-link': 'a link was put in its place',
      'run/g-pipe': 'not a regular file any more',
    })
  })

  it('is whole while files come, go and grow all the time', async () => {
    await using folder = await temporaryFolder()
    const root = await rootWith(folder.path, { stays: 'here' })
    let isDone = false
    const churn = (async () => {
      for (let i = 0; !isDone && i < 20_000; i++) {
        await writeFile(join(root, `f${i % 7}`), 'y'.repeat(i % 50_000))
        await rm(join(root, `f${(i + 3) % 7}`), { force: true })
      }
    })()
    try {
      for (let i = 0; i < 10; i++) {
        const out = join(folder.path, `${i}.zip`)
        await writeArchive({ out, roots: [root], exclude: [], overwrite: false })
        expect(await namesIn(out)).to.include('run/stays')
      }
    } finally {
      isDone = true
      await churn
    }
  })

  it('tells a folder that can not be read', async () => {
    const troubles: Trouble[] = []
    const found: string[] = []
    for await (const { name } of filesBelow('/nowhere/run', [], troubles)) found.push(name)
    expect(found).to.deep.equal([])
    expect(troubles).to.deep.equal([{ file: 'run', why: 'vanished before it was read' }])
  })

  it('removes the drafts of commands that were killed, and no other file', async () => {
    await using folder = await temporaryFolder()
    const dead = `.aibench-${'0'.repeat(16)}-4194303-1-${hostname()}.tmp`
    const own = await takeDraft(folder.path)
    await own.file.close()
    const elsewhere = `.aibench-${'1'.repeat(16)}-7-1-otherhost.tmp`
    for (const name of [dead, elsewhere, 'other.tmp']) await writeFile(join(folder.path, name), '')
    const root = await rootWith(folder.path, { a: '1' })
    const out = join(folder.path, 'out.zip')
    await writeArchive({ out, roots: [root], exclude: [], overwrite: false })
    expect(await readdir(folder.path)).to.have.members(
      ['run', 'out.zip', 'other.tmp', elsewhere].concat(basename(own.path)),
    )
  })

  it('is not begun anew when it was interrupted', async () => {
    await using folder = await temporaryFolder()
    const root = await rootWith(folder.path, { a: '1' })
    const signal = AbortSignal.abort(new Error('told to end'))
    const out = join(folder.path, 'out.zip')
    const error = await rejection(
      writeArchive({ out, roots: [root], exclude: [], overwrite: false, signal }),
    )
    expect(error.message).to.equal('told to end')
    expect(await readdir(folder.path)).to.deep.equal(['run'])
  })
})

async function rootWith(folder: string, files: Record<string, string>): Promise<string> {
  const root = join(folder, 'run')
  await mkdir(root, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content)
  return root
}

async function manifestOf(path: string): Promise<unknown> {
  const file = await yauzl.openPromise(path)
  let text = ''
  for await (const entry of file.eachEntry())
    if (entry.fileName === 'manifest.json')
      for await (const chunk of await file.openReadStreamPromise(entry)) text += chunk
  return JSON.parse(text)
}
