import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { copyFile, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sealFolder } from '../../../src/lib/platform/seal.js'
import { ROOT } from '../../support/cli.js'
import { temporaryFolder } from '../../support/surroundings.js'

/** Runs a job's script as Slurm does: from its spool, so that only what lies in the folder can be another's. */
function run(script: string, runDir: string, seal: string) {
  return spawnSync('bash', [join(ROOT, 'slurm', script), runDir], {
    env: { PATH: process.env.PATH, AIBENCH_SEAL: seal },
    encoding: 'utf8',
  })
}

describe('the files of a job', () => {
  for (const script of ['chroma.sh', 'vllm.sh'])
    for (const changed of ['lib.sh', 'command', 'job.env', 'job.sums'])
      it(`are not run by ${script} when ${changed} is not the one that was submitted`, async () => {
        await using folder = await temporaryFolder()
        await writeFile(join(folder.path, 'lib.sh'), 'touch ran; exit 0\n')
        for (const name of ['command', 'job.env']) await writeFile(join(folder.path, name), 'x\n')
        await writeFile(join(folder.path, 'api.token'), 'x')
        const seal = await sealFolder(folder.path)
        // A secret is renewed when a job is requeued, and a log grows.
        await writeFile(join(folder.path, 'api.token'), 'another')
        await writeFile(join(folder.path, 'stdout.log'), 'more')
        expect(run(script, folder.path, seal).status).to.equal(0)
        await rename(join(folder.path, 'ran'), join(folder.path, 'ran-before'))

        await writeFile(join(folder.path, changed), 'touch ran; exit 0 # another\n')
        // Also when its own sums fit it.
        if (changed !== 'job.sums') await sealFolder(folder.path)
        const { status, stderr } = run(script, folder.path, seal)
        expect(status).to.equal(1)
        expect(stderr).to.include('are not those that were submitted')
        expect(await readdir(folder.path)).to.not.include('ran')
      })

  it('are not run by the local supervisor when its script was changed', async () => {
    await using folder = await temporaryFolder()
    await copyFile(join(ROOT, 'slurm', 'chroma.sh'), join(folder.path, 'job.sh'))
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
