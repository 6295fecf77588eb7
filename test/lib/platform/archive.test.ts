import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import yauzl from 'yauzl'
import { writeArchive } from '../../../src/lib/platform/archive.js'
import { UsageError } from '../../../src/lib/platform/errors.js'
import { temporaryFolder } from '../../support/surroundings.js'

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

  it('does not overwrite unasked', async () => {
    await using folder = await temporaryFolder()
    const out = join(folder.path, 'out.zip')
    await writeFile(out, 'mine')
    const error = await writeArchive({ out, roots: [], exclude: [], overwrite: false }).catch(
      (e: unknown) => e,
    )
    expect(error).to.be.instanceOf(UsageError)
  })
})
