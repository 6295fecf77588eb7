import { expect } from 'chai'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { aibench, envelopeOf } from '../support/cli.js'
import { filesystemScript } from '../support/filesystem-script.js'
import { temporaryFolder } from '../support/surroundings.js'

/** A home, a directory to benchmark, and the program; `mpirun` is hidden, so that it is the same on every machine. */
async function surroundings() {
  const folder = await temporaryFolder()
  const [home, dir] = [join(folder.path, 'home'), join(folder.path, 'data')]
  await mkdir(dir)
  await mkdir(home)
  const program = await filesystemScript(join(folder.path, 'io500'))
  const where = ['--scheduler', 'local', '--dir', dir, '--io500', program]
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    aibench(args, { home, env })
  return {
    dir,
    run,
    io500: (...more: string[]) =>
      run(['lustre', 'io500', ...where, '--preset', 'debug', '--procs', '1', ...more]),
    async [Symbol.asyncDispose]() {
      await run(['lustre', 'stop', '--force']).catch(() => undefined)
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Generous: only a hang reaches its end. */
async function fileIs(path: string): Promise<void> {
  for (let i = 0; i < 600 && !(await stat(path).catch(() => undefined)); i++)
    await new Promise((resolve) => setTimeout(resolve, 100))
}

describe('a run of io500 on this machine', function () {
  this.timeout(180_000)

  it('is probed, launched, judged and recorded, and leaves nothing in the directory', async () => {
    await using here = await surroundings()
    const ended = await here.io500('--wait', '--json')
    const { data, ok } = envelopeOf(ended)
    expect(ok, ended.stdout).to.equal(true)
    const { runDir, name, lastResult } = data.instance
    expect(name).to.equal('io500')
    // Ten phases are missing: what there is was measured, and does not count.
    expect(lastResult).to.include('ior-easy-write')
    const json = async (file: string) => JSON.parse(await readFile(join(runDir, file), 'utf8'))
    expect(await json('probe.json')).to.include({ ok: true })
    expect((await json('ends.json'))[0]).to.include({ repeat: 1, exitCode: 0 })
    expect(await json('result.json')).to.include({ valid: false, complete: false })
    const log = await readFile(join(runDir, 'stdout.log'), 'utf8')
    expect(log).to.match(/aibench: \+ .*io500 .*run\.ini$/m)
    expect(await readdir(here.dir)).to.deep.equal([])
    const { nodes, storage } = await json('node-facts.json')
    expect(nodes).to.have.length(1)
    expect(nodes[0].facts.memoryBytes).to.be.above(0)
    expect(storage).to.have.all.keys('capacityBytes', 'mountOptions')
    const handedIn = await here.run(['lustre', 'save', '--submission', '--json'])
    expect(envelopeOf(handedIn).error).to.include({ code: 'AIB_RUN_NOT_COMPLETE' })
    const shown = await here.run(['runs', 'show', '--json'])
    expect(envelopeOf(shown).data).to.not.equal(null)
  })

  it('runs in an allocation that is held, with its directory', async () => {
    await using here = await surroundings()
    const held = await here.run([
      'lustre',
      'start',
      '--scheduler',
      'local',
      '--dir',
      here.dir,
      '--wait',
      '--json',
    ])
    expect(envelopeOf(held).data.instance.summary).to.equal('ready')
    expect(envelopeOf(held).data.instance.next[0]).to.equal('aibench lustre io500')
    const program = join(here.dir, '..', 'io500')
    const ran = await here.run([
      'lustre',
      'io500',
      '--io500',
      program,
      '--preset',
      'debug',
      '--procs',
      '1',
      '--wait',
      '--json',
    ])
    const { instance } = envelopeOf(ran).data
    expect(instance.allocation).to.be.a('string')
    expect(instance.options.dir).to.equal(here.dir)
    expect(instance.summary).to.equal('completed')
    const stopped = await here.run(['lustre', 'stop', 'lustre', '--json'])
    expect(stopped.code).to.equal(0)
    expect(await readdir(here.dir)).to.deep.equal([])
  })

  it('that fails is told with the reason, and the directory is clean again', async () => {
    await using here = await surroundings()
    const ended = await here.io500('--wait', '--json', '--env', 'SCRIPT_FAULT=mdtest-easy-write')
    expect(ended.code).to.equal(6)
    expect(envelopeOf(ended).error!.message).to.include('no space was left')
    expect(await readdir(here.dir)).to.deep.equal([])
  })

  it('that is stopped ends its program and removes what it wrote', async () => {
    await using here = await surroundings()
    const started = await here.io500('--json', '--env', 'SCRIPT_SLEEP=ior-easy-write')
    const { runDir } = envelopeOf(started).data.instance
    await fileIs(join(runDir, 'results', '1', 'result.txt'))
    const stopped = await here.run(['lustre', 'stop', '--json'])
    expect(envelopeOf(stopped).data.outcome).to.include({ kind: 'cancelled' })
    expect(await readdir(here.dir)).to.deep.equal([])
  })

  it('that was killed is cleaned up after, and of that nothing stays', async () => {
    await using here = await surroundings()
    const started = await here.io500('--json', '--env', 'SCRIPT_SLEEP=mdtest-easy-write')
    const { id } = envelopeOf(started).data.instance
    await fileIs(join(here.dir, `aibench-${id}`, 'ior-easy', 'mdtest-easy-write'))
    const names = async () => (await readdir(here.dir)).filter((name) => !name.startsWith('.'))
    await here.run(['lustre', 'stop', '--force', '--json'])
    expect(await names()).to.deep.equal([`aibench-${id}`])
    const shown = await here.run(['runs', 'show', '--json'])
    expect(shown.stdout).to.include(`aibench lustre stop ${id} --clean`)

    const stop = ['lustre', 'stop', 'io500', '--clean', '--json']
    const { data } = envelopeOf(await here.run(stop))
    expect(data.alreadyGone).to.equal(true)
    expect(data.cleaned[0]).to.deep.include({ run: 'io500', files: 2 })
    expect(await names()).to.deep.equal([])
    const again = await here.run(['lustre', 'stop', 'io500', '--clean'])
    expect(again).to.deep.include({ code: 0 })
    expect(again.stdout).to.match(/No test files were left/)
    const { instances } = envelopeOf(await here.run(['status', '--all', '--json'])).data
    expect(instances.map(({ name }: { name: string }) => name)).to.deep.equal(['io500'])
  })

  it('is refused before the queue for what can’t run', async () => {
    await using here = await surroundings()
    const missing = await here.run(['lustre', 'io500', '--scheduler', 'local', '--json'], {
      PATH: '/nowhere',
    })
    expect(envelopeOf(missing)).to.deep.include({ exitCode: 3 })
    expect(envelopeOf(missing).error!.code).to.equal('AIB_NO_IO500')
    const where = ['lustre', 'io500', '--scheduler', 'local', '--json', '--procs', '1']
    const program = ['--io500', join(here.dir, '..', 'io500')]
    const nowhere = await here.run([...where, ...program, '--dir', join(here.dir, 'nowhere')])
    expect(envelopeOf(nowhere).error!.code).to.equal('AIB_NO_DIRECTORY')
    const short = ['--dir', here.dir, '--time', '1m', '--preset', 'full']
    const tooMuch = await here.run([...where, ...program, ...short])
    expect(envelopeOf(tooMuch).error!.code).to.equal('AIB_WILL_NOT_FIT')
  })
})
