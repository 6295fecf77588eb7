import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sealFolder } from '../../../src/lib/platform/seal.js'
import { ROOT } from '../../support/cli.js'
import { temporaryFolder } from '../../support/surroundings.js'

/** Runs a job's script as Slurm does: from its spool, so that only what lies in the folder can be another's. */
function run(runDir: string, seal: string) {
  return spawnSync('bash', [join(ROOT, 'slurm', 'job.sh'), runDir], {
    env: { PATH: process.env.PATH, AIBENCH_SEAL: seal },
    encoding: 'utf8',
  })
}

describe('the files of a job', () => {
  for (const changed of [
    'lib.sh',
    'lib/members.sh',
    'service.sh',
    'command',
    'job.env',
    'job.sums',
  ])
    it(`are not run when ${changed} is not the one that was submitted`, async () => {
      await using folder = await temporaryFolder()
      await writeFile(join(folder.path, 'lib.sh'), 'touch ran; exit 0\n')
      await mkdir(join(folder.path, 'lib'))
      for (const name of ['lib/members.sh', 'service.sh', 'command', 'job.env'])
        await writeFile(join(folder.path, name), 'x\n')
      await writeFile(join(folder.path, 'api.token'), 'x')
      const seal = await sealFolder(folder.path)
      // A secret is renewed when a job is requeued, and a log grows.
      await writeFile(join(folder.path, 'api.token'), 'another')
      await writeFile(join(folder.path, 'stdout.log'), 'more')
      expect(run(folder.path, seal).status).to.equal(0)
      await rename(join(folder.path, 'ran'), join(folder.path, 'ran-before'))

      await writeFile(join(folder.path, changed), 'touch ran; exit 0 # another\n')
      // Also when its own sums fit it.
      if (changed !== 'job.sums') await sealFolder(folder.path)
      const { status, stderr } = run(folder.path, seal)
      expect(status).to.equal(1)
      expect(stderr).to.include('are not those that were submitted')
      expect(await readdir(folder.path)).to.not.include('ran')
    })

  it('are not run in a folder that others may write to', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'lib.sh'), 'touch ran; exit 0\n')
    const seal = await sealFolder(folder.path)
    await chmod(folder.path, 0o770)
    const { status, stderr } = run(folder.path, seal)
    expect(status).to.equal(1)
    expect(stderr).to.include('are not those that were submitted')
    expect(await readdir(folder.path)).to.not.include('ran')
  })

  // Whoever may write to a folder above can put another in its place at any time.
  it('are read from the folder that was looked at, when another is put in its place later', async () => {
    await using folder = await temporaryFolder()
    const own = join(folder.path, 'run')
    await mkdir(own, { mode: 0o700 })
    for (const name of ['lib.sh', 'lib'])
      await cp(join(ROOT, 'slurm', name), join(own, name), { recursive: true })
    await writeFile(
      join(own, 'lib.sh'),
      `
      note_node() {
        mv "$RUN_DIR" "$RUN_DIR.looked-at"
        mkdir "$RUN_DIR"
        printf 'theirs\\n' >"$RUN_DIR/command"
      }
      free_port() { echo 1; }
      serve() { printf '%s' "$2 $SETTING $(<gate.token)" >"$OUT"; exit 0; }
      start_keeper() { :; }
      `,
      { flag: 'a' },
    )
    await writeFile(join(own, 'command'), 'ours\n')
    const out = join(folder.path, 'out')
    const settings = { SETTING: 'set', OUT: out }
    const lines = Object.entries(settings).map(
      ([name, value]) => `${name}=${Buffer.from(value).toString('base64')}\n`,
    )
    await writeFile(join(own, 'job.env'), lines.join(''))
    await writeFile(join(own, 'server.yaml.part'), '')
    await copyFile(join(ROOT, 'slurm', 'chroma.sh'), join(own, 'service.sh'))
    await writeFile(join(own, 'gate.token'), 'secret')
    const { stderr } = run(own, await sealFolder(own))
    expect(await readFile(out, 'utf8'), stderr).to.equal('ours set secret')
  })

  it('are not run by the local supervisor when its script was changed', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'job.sh'), 'touch ran\n')
    const seal = await sealFolder(folder.path)
    await writeFile(join(folder.path, 'job.sh'), 'touch ran # another\n')
    const argv = [folder.path, '60', '10', '5', 'local-test', join(folder.path, 'claim')]
    const env = { PATH: process.env.PATH, AIBENCH_SEAL: seal }
    spawnSync('bash', [join(ROOT, 'slurm', 'local.sh'), ...argv], { env })
    expect(await readdir(folder.path))
      .to.include('stderr.log')
      .and.not.include('ran')
  })
})
