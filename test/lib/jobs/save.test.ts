import { expect } from 'chai'
import { chmod, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import yauzl from 'yauzl'
import { saveInstance } from '../../../src/lib/jobs/save.js'
import { API_TOKEN, GATE_TOKEN, headerFileOf } from '../../../src/lib/jobs/token-files.js'
import { contextWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { rejection } from '../../support/surroundings.js'

async function contextWithRun(names: readonly string[]) {
  const context = await contextWith()
  const runDir = join(context.folder, 'runs', '20261124T101500-chroma-k3f9')
  for (const name of names) {
    await mkdir(join(runDir, name, '..'), { recursive: true })
    await writeFile(join(runDir, name), name)
  }
  await context.state.update((draft) => {
    draft.instances.k3f9 = instanceWith({ runDir })
  })
  return context
}

async function namesIn(path: string): Promise<string[]> {
  const file = await yauzl.openPromise(path)
  const names: string[] = []
  for await (const entry of file.eachEntry()) names.push(entry.fileName.replace(/^[^/]*\//, ''))
  return names.sort()
}

describe('save', () => {
  it('keeps no secret, no database and no temporary file', async () => {
    const secrets = [API_TOKEN, GATE_TOKEN, 'hf.token', 'token', 'job.env', 'bench/b7k2/api.token']
    const headers = [headerFileOf(API_TOKEN), headerFileOf(GATE_TOKEN)]
    const kept = ['bench/b7k2/result.json', 'stdout.log']
    await using context = await contextWithRun(
      kept.concat(secrets, headers, ['data/chroma.sqlite3', 'tmp/x']),
    )
    const out = join(context.folder, 'out.zip')
    const report = await saveInstance(context, { service: 'chroma', out, force: false })
    expect(await namesIn(out)).to.deep.equal([...kept, 'manifest.json'].sort())
    expect(report).to.include({ files: 2, path: out })
    expect(report.incomplete).to.deep.equal([])
  })

  it('writes into a folder under a name of its own', async () => {
    await using context = await contextWithRun(['stdout.log'])
    const folder = join(context.folder, 'here')
    await mkdir(folder)
    await saveInstance(context, { service: 'chroma', out: folder, force: false })
    expect(await readdir(folder)).to.deep.equal(['aibench-20261124T101500-chroma-k3f9.zip'])
  })

  it('of an instance whose run directory is gone says so', async () => {
    await using context = await contextWith([instanceWith()])
    const request = { service: 'chroma', out: join(context.folder, 'x.zip'), force: false }
    expect(await rejection(saveInstance(context, request))).to.include({ exitCode: 4 })
    expect(await readdir(context.folder)).to.not.include('x.zip')
  })

  it('of a folder that others may write to, or of a link in its place, is refused', async () => {
    await using context = await contextWithRun(['stdout.log'])
    const { runDir } = (await context.state.read()).instances.k3f9
    const request = { service: 'chroma', out: join(context.folder, 'x.zip'), force: false }
    for (const spoil of [
      () => chmod(runDir, 0o777),
      async () => {
        await rename(runDir, `${runDir}.moved`)
        await symlink(`${runDir}.moved`, runDir)
      },
    ]) {
      await spoil()
      const error = await rejection(saveInstance(context, request))
      expect([error.exitCode, error.code]).to.deep.equal([3, 'AIB_NOT_PRIVATE'])
      expect(await readdir(context.folder)).to.not.include('x.zip')
    }
  })
})
