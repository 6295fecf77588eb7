import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { judge } from '../../../../src/lib/instrument/filesystem/judge/judge.js'
import { readResults } from '../../../../src/lib/instrument/filesystem/read/read-results.js'
import { needs } from '../../../support/require.js'
import {
  io500Standin,
  MPI_ENVIRONMENT,
  standinWith,
  type StandinSettings,
} from '../../../support/standin.js'
import { temporaryFolder } from '../../../support/surroundings.js'

const run = promisify(execFile)

/** That what the other tests stand on is what it says. */
describe('the stand-in for io500', function () {
  this.timeout(120_000)
  let programs: Awaited<ReturnType<typeof io500Standin>>
  before(async function () {
    programs = await io500Standin()
    needs(this, 'mpi', programs.why === '', programs.why)
  })

  async function runIn(folder: string, settings: StandinSettings, more = '') {
    const program = await standinWith(programs.io500, join(folder, 'io500'), settings)
    const ini = join(folder, 'config.ini')
    await writeFile(
      ini,
      `[global]\ndatadir=${folder}/data\nresultdir=${folder}/results\n[ior-easy]\ntransferSize=64k\nblockSize=6400000k\n${more}`,
    )
    const ended = await run('mpirun', ['-np', '2', program, ini, '--timestamp=once'], {
      env: { ...process.env, ...MPI_ENVIRONMENT },
    }).catch((error: unknown) => error as { code: number; stdout: string; stderr: string })
    return { ended, results: join(folder, 'results/once') }
  }

  it('leaves what io500 leaves: all phases, of all its ranks', async () => {
    await using folder = await temporaryFolder()
    const { ended, results } = await runIn(folder.path, { SPEED: 1000, OTHER_MS: 20 })
    expect(ended.stdout).to.match(/^\[SCORE \] .* TOTAL [0-9.]+$/m)
    const [result] = await readResults(results)
    if (result.kind !== 'io500') return expect.fail(result.kind)
    expect(result.run).to.include({ procs: 2, nodes: 1, mode: 'standard', truncated: false })
    expect(result.run.phases.map(({ name }) => name)).to.have.lengthOf(14)
    expect(result.run.messages).to.deep.equal([])
    const { valid, hash, configHash, score } = judge(result.run, { tasks: 2 })
    expect([valid, hash.ok, configHash.ok, score!.ok]).to.deep.equal([true, true, true, true])
    expect(await readdir(join(folder.path, 'data'))).to.deep.equal([])
    expect(await readFile(join(results, 'ior-easy-write.txt'), 'utf8')).to.match(/^write /m)
  })

  it('dies where it is told to, with an empty summary', async () => {
    await using folder = await temporaryFolder()
    const settings = { SPEED: 1000, OTHER_MS: 20, FAULT: 'enospc:mdtest-hard-write' }
    const { ended, results } = await runIn(folder.path, settings)
    expect(ended).to.include({ code: 134 })
    expect((await stat(join(results, 'result_summary.txt'))).size).to.equal(0)
    expect(await readFile(join(results, 'mdtest-hard-write.txt'), 'utf8')).to.include(
      'No space left on device',
    )
    const [result] = await readResults(results)
    if (result.kind !== 'io500') return expect.fail(result.kind)
    expect(result.run.death).to.include({ cause: 'no-space' })
    expect(result.run.phases.at(-1)).to.include({ name: 'mdtest-hard-write', value: null })
  })

  it('refuses an option that it does not know', async () => {
    await using folder = await temporaryFolder()
    const { ended } = await runIn(folder.path, {}, 'transfersiez=1m\n')
    expect(ended).to.include({ code: 1 })
    expect(ended.stdout).to.include('unknown option "transfersiez"')
  })

  it('without MPI is one process of one', async () => {
    await using folder = await temporaryFolder()
    const ini = join(folder.path, 'config.ini')
    await writeFile(ini, `[global]\ndatadir=${folder.path}/d\nresultdir=${folder.path}/r\n`)
    await run(programs.alone, [ini, '--dry-run', '--timestamp=once'])
    const [result] = await readResults(join(folder.path, 'r/once/result.txt'))
    expect(result.kind === 'io500' && result.run.procs).to.equal(1)
  })
})
