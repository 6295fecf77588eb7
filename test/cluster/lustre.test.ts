import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readResults } from '../../src/lib/instrument/filesystem/read/read-results.js'
import { needs } from '../support/require.js'
import {
  io500Standin,
  standinWith,
  type Standin,
  type StandinSettings,
} from '../support/standin.js'
import { clock } from '../support/surroundings.js'
import { Cluster, USER, type RunOptions } from './cluster.js'

/** A real io500 of the user's, in place of the stand-in where a test makes sense with any. */
const REAL = process.env.AIBENCH_IO500

/** Small: a real one writes a few MB in each phase. */
const INI = [
  ...['[debug]', 'stonewall-time = 1', '[ior-easy]', 'transferSize = 256k', 'blockSize = 64m'],
  ...['[ior-hard]', 'segmentCount = 500', '[mdtest-easy]', 'n = 300', '[mdtest-hard]', 'n = 300'],
].join('\n')

/** By the rules, but for the number of nodes. */
const VALID_INI = '[ior-easy]\ntransferSize = 64k\nblockSize = 6400000k\n'

describe('IO500 on a real Slurm cluster', function () {
  this.timeout(300_000)
  let programs: Standin
  before(async function () {
    programs = await io500Standin()
    needs(this, 'mpi', programs.why === '', programs.why)
  })
  const cluster = Cluster.forTests({ nodes: 3 })

  let dir = ''
  beforeEach(() => {
    dir = folder('data')
  })

  function folder(name: string): string {
    const path = join(cluster.home, name)
    mkdirSync(path)
    spawnSync('chown', [USER, path])
    return path
  }

  function file(name: string, text: string): string {
    const path = join(cluster.home, name)
    writeFileSync(path, text, { mode: 0o644 })
    return path
  }

  const standin = (settings: StandinSettings = {}, program = programs.io500) =>
    standinWith(program, join(cluster.home, 'io500'), { OTHER_MS: 50, ...settings })

  /** Two processes on each of three nodes. */
  function io500(program: string, more: readonly string[] = [], options: RunOptions = {}) {
    const nodes = more.includes('--nodes') ? [] : ['--nodes', '3']
    const time = more.includes('--time') ? [] : ['--time', '10m']
    const size = [...nodes, ...time, '--tasks-per-node', '2']
    const args = ['lustre', 'io500', '--io500', program, '--dir', dir, ...size, ...more]
    return cluster.json(args, options)
  }

  const small = () => ['--ini', file('small.ini', INI), '--wait']
  const written = (runDir: string, name: string) => readFileSync(join(runDir, name), 'utf8')
  const logOf = (runDir: string) => written(runDir, 'stdout.log') + written(runDir, 'stderr.log')
  /** What is left of test files: nothing of ours. */
  const left = () => readdirSync(dir)

  async function runOf(runDir: string, repeat = 1) {
    const [result] = await readResults(join(runDir, 'results', `${repeat}`))
    if (result?.kind !== 'io500') return expect.fail('there is no result')
    return result.run
  }

  describe('in a job of its own', () => {
    it('runs to its end, is judged and recorded, and leaves nothing behind', async () => {
      const { exitCode, data, error } = await io500(REAL ?? (await standin()), small())
      expect([exitCode, data?.instance.summary], JSON.stringify(error)).to.deep.equal([
        0,
        'completed',
      ])
      const { runDir } = data.instance
      const run = await runOf(runDir)
      expect(run).to.include({ procs: 6, nodes: 3, truncated: false })
      expect(left()).to.deep.equal([])
      const [recorded] = (await cluster.json(['runs', 'list'])).data
      expect(recorded).to.include({ job: data.instance.id })
      const { data: told } = await cluster.json(['lustre', 'explain', runDir])
      expect(told.valid).to.equal(false)
      expect(told.problems.map(({ code }: { code: string }) => code)).to.include('stonewall-time')
      expect(told.hash.ok).to.equal(true)
    })

    it('by the rules is valid, and says what it is not listed for', async () => {
      const program = await standin({ SPEED: 150 })
      const ini = file('valid.ini', VALID_INI)
      // A real one would write for half an hour: the estimate does not know whom it asks for.
      const more = ['--ini', ini, '--strict', '--wait', '--force']
      const { exitCode, data, error } = await io500(program, more)
      expect(exitCode, JSON.stringify(error)).to.equal(0)
      const { data: told } = await cluster.json(['lustre', 'explain', data.instance.runDir])
      expect(told.valid).to.equal(true)
      const codes = told.problems.map(({ code }: { code: string }) => code)
      expect(codes).to.include('few-nodes')
    })

    it('that is invalid is a failure when --strict asks for that', async () => {
      const { exitCode } = await io500(REAL ?? (await standin()), [...small(), '--strict'])
      expect(exitCode).to.equal(6)
    })

    it('is started by srun where mpirun does not do, and that is remembered', async () => {
      const program = await standin({ REFUSE: 'mpirun' })
      for (const tries of [2, 1]) {
        const { exitCode, data, error } = await io500(program, small())
        expect(exitCode, JSON.stringify(error)).to.equal(0)
        const launcher = JSON.parse(written(data.instance.runDir, 'launcher.json'))
        expect(launcher.chosen).to.equal('srun --mpi=pmix')
        expect(launcher.tried).to.have.lengthOf(tries)
        expect(await runOf(data.instance.runDir)).to.include({ procs: 6, nodes: 3 })
      }
    })

    it('is run several times', async () => {
      const more = [...small(), '--repeats', '2']
      const { exitCode, data, error } = await io500(REAL ?? (await standin()), more)
      expect(exitCode, JSON.stringify(error)).to.equal(0)
      const both = [await runOf(data.instance.runDir, 1), await runOf(data.instance.runDir, 2)]
      expect(both.map(({ truncated }) => truncated)).to.deep.equal([false, false])
    })
  })

  describe('on nodes that are held', () => {
    const start = () =>
      cluster.json([
        ...['lustre', 'start', '--nodes', '3', '--tasks-per-node', '2', '--dir', dir],
        ...['--time', '20m', '--wait'],
      ])

    it('runs, is followed, saved and stopped', async () => {
      const held = await start()
      expect([held.exitCode, held.data?.instance.summary], JSON.stringify(held)).to.deep.equal([
        0,
        'ready',
      ])
      const ini = file('small.ini', INI)
      const program = REAL ?? (await standin({ OTHER_MS: 300 }))
      const started = await io500(program, ['--ini', ini])
      expect(started.ok, JSON.stringify(started.error)).to.equal(true)
      expect(started.data.instance).to.include({ allocation: held.data.instance.id })
      const followed = await cluster.run(['lustre', 'logs', '-f'])
      expect(followed.code, followed.stderr).to.equal(0)
      for (const phase of ['ior-easy-write', 'find', 'mdtest-hard-delete'])
        expect(followed.stdout).to.include(phase)
      const ended = await cluster.json(['lustre', 'check'])
      expect(ended.data.summary, JSON.stringify(ended)).to.equal('completed')
      expect(cluster.jobs()).to.have.lengthOf(1)
      expect(await runOf(ended.data.runDir)).to.include({ procs: 6, nodes: 3 })
      const saved = await cluster.run(['lustre', 'save'])
      expect(saved.code, saved.stderr).to.equal(0)
      const stopped = await cluster.json(['lustre', 'stop'])
      expect(stopped.ok, JSON.stringify(stopped)).to.equal(true)
      expect(await cluster.untilNoJobs()).to.deep.equal([])
    })

    it('ends with its guest when it is stopped', async () => {
      await start()
      const started = await io500(await standin({ FAULT: 'hang:find' }), [
        '--ini',
        file('s.ini', INI),
      ])
      const { runDir, id } = started.data.instance
      await untilPhase(runDir, 'find')
      expect((await cluster.json(['lustre', 'stop'])).ok).to.equal(true)
      expect(await cluster.untilNoJobs()).to.deep.equal([])
      const { data } = await cluster.json(['lustre', 'check', id])
      expect(data.summary).to.not.equal('running')
      expect(await noRanks()).to.deep.equal([])
    })
  })

  describe('that goes wrong', () => {
    it('before the queue: what the ini says and io500 does not know', async () => {
      const ini = file('wrong.ini', `${INI}\n[ior-eazy]\nrun = TRUE\n`)
      const { exitCode, error } = await io500(await standin(), ['--ini', ini])
      expect(exitCode).to.equal(2)
      expect(JSON.stringify(error)).to.include('ior-easy')
      expect(cluster.jobs()).to.deep.equal([])
    })

    it('before the queue: a directory that nobody may write to', async () => {
      chmodSync(dir, 0o555)
      spawnSync('chown', ['root', dir])
      const { exitCode, error } = await io500(await standin(), small())
      expect(exitCode, JSON.stringify(error)).to.equal(3)
      expect(cluster.jobs()).to.deep.equal([])
    })

    it('processes that do not know each other: refused before the run', async () => {
      const program = await standin({}, programs.alone)
      const { exitCode, data, error } = await io500(program, small())
      expect(exitCode).to.equal(6)
      const text = JSON.stringify([data, error])
      expect(text).to.include('processes')
      const [name] = readdirSync(join(cluster.home, 'runs'))
      expect(existsSync(join(cluster.home, 'runs', name, 'results', '1'))).to.equal(false)
      expect(left()).to.deep.equal([])
    })

    it('a back end that the program has not', async () => {
      const ini = file('dfs.ini', `[global]\napi = DFS\n${INI}`)
      const { exitCode, data, error } = await io500(await standin(), ['--ini', ini, '--wait'])
      expect(exitCode, JSON.stringify([data, error])).to.be.oneOf([2, 6])
      expect(JSON.stringify([data, error])).to.match(/DFS|API/)
    })

    for (const [fault, text] of [
      ['enospc:ior-hard-write', /space/],
      ['kill:mdtest-hard-write', /killed/],
      ['fatal:find', /find/],
    ] as const)
      it(`in the middle of it: ${fault}`, async () => {
        const { exitCode, data, error } = await io500(await standin({ FAULT: fault }), small())
        expect(exitCode).to.equal(6)
        const phase = fault.split(':')[1]
        const runDir = runDirOf()
        const { data: told } = await cluster.json(['lustre', 'explain', runDir])
        expect(told.valid).to.equal(false)
        expect(JSON.stringify(told.problems)).to.include(phase).and.match(text)
        expect(JSON.stringify([data, error])).to.match(text)
        expect(left()).to.deep.equal([])
      })

    it('cancelled from outside: what was done is told, and nothing is left running', async () => {
      const started = await io500(await standin({ FAULT: 'hang:ior-hard-write' }), [
        '--ini',
        file('s.ini', INI),
      ])
      const { runDir, jobId } = started.data.instance
      await untilPhase(runDir, 'ior-hard-write')
      cluster.asUser('scancel', '--full', jobId)
      const { data } = await cluster.json(['wait', 'io500', '--for', 'ended', '--timeout', '60s'])
      expect(data.outcome).to.include({ kind: 'cancelled' })
      const run = await runOf(runDir)
      expect(run.phases.find(({ name }) => name === 'mdtest-easy-write')!.value).to.be.greaterThan(
        0,
      )
      expect(run.truncated).to.equal(true)
      expect(await noRanks()).to.deep.equal([])
    })

    for (const where of ['a job of its own', 'the nodes that are held'])
      it(`killed: what it left is removed by ${where}, and of that nothing stays`, async () => {
        const isHeld = where !== 'a job of its own'
        const size = ['--nodes', '2', '--tasks-per-node', '2', '--time', '20m']
        const held = ['lustre', 'start', ...size, '--dir', dir, '--wait']
        if (isHeld) expect((await cluster.json(held)).ok).to.equal(true)
        const program = await standin({ FAULT: 'hang:ior-hard-write' })
        const started = await io500(program, ['--ini', file('s.ini', INI), '--nodes', '2'])
        expect(started.exitCode, JSON.stringify(started)).to.equal(0)
        const { runDir, id } = started.data.instance
        await untilPhase(runDir, 'ior-hard-write')
        await cluster.json(['lustre', 'stop', 'io500', '--force'])
        // How much the job could still remove itself depends on when its processes were killed.
        const plant = 'mkdir -p "$1" && touch "$1"/{1..20}'
        cluster.asUser('bash', '-c', plant, 'plant', join(dir, `aibench-${id}`))
        expect(left()).to.include(`aibench-${id}`)
        const { data, error } = await cluster.json(['lustre', 'stop', 'io500', '--clean'])
        expect(data?.cleaned?.[0], JSON.stringify(error)).to.deep.include({ run: 'io500' })
        expect(data.cleaned[0].files).to.be.greaterThan(10)
        expect(left()).to.not.include(`aibench-${id}`)
        const { data: status } = await cluster.json(['status', '--all'])
        const names = status.instances.map(({ name }: { name: string }) => name).sort()
        expect(names).to.deep.equal(isHeld ? ['io500', 'lustre'] : ['io500'])
        const { data: listed } = await cluster.json(['runs', 'list'])
        expect(listed.map((run: { id: string }) => run.id)).to.deep.equal([id])
        if (isHeld) await cluster.json(['lustre', 'stop'])
      })

    it('its node is lost in phase 5', async () => {
      const started = await io500(await standin({ FAULT: 'hang:find' }), [
        '--ini',
        file('s.ini', INI),
      ])
      const { runDir } = started.data.instance
      await untilPhase(runDir, 'find')
      cluster.killNode(3)
      try {
        const { data } = await cluster.json([
          'wait',
          'io500',
          '--for',
          'ended',
          '--timeout',
          '120s',
        ])
        expect(data.outcome).to.include({ kind: 'node-failed' })
        const { data: told } = await cluster.json(['lustre', 'explain', runDir])
        expect(told.valid).to.equal(false)
      } finally {
        cluster.startNode(3)
        await untilIdle()
      }
    })

    it('two at once in one directory: the second is refused', async () => {
      const program = await standin({ FAULT: 'hang:find' })
      const ini = file('s.ini', INI)
      const first = await io500(program, ['--ini', ini, '--nodes', '1'])
      await untilPhase(first.data.instance.runDir, 'ior-easy-write')
      const second = await io500(program, ['--ini', ini, '--nodes', '1', '--wait'])
      expect(second.exitCode, JSON.stringify(second)).to.be.oneOf([3, 6])
      expect(JSON.stringify(second)).to.match(/at work in/)
      await cluster.json(['lustre', 'stop', 'io500', '--force'])
    })

    it('the command that waits is killed: the run goes on and is collected later', async () => {
      const program = REAL ?? (await standin())
      let killing: NodeJS.Timeout | undefined
      await io500(program, small(), {
        during: (child) => void (killing = setTimeout(() => cluster.killCommand(child), 6_000)),
      }).catch(() => undefined)
      clearTimeout(killing)
      const { data } = await cluster.json(['wait', 'io500', '--for', 'ended', '--timeout', '120s'])
      expect(data.summary).to.equal('completed')
      expect(await runOf(data.runDir)).to.include({ procs: 6, truncated: false })
    })

    it('the time limit: what was done is kept, and nothing is left though no step can start any more', async () => {
      const program = await standin({ FAULT: 'hang:ior-hard-write' })
      const more = ['--ini', file('s.ini', INI), '--wait', '--time', '1m', '--force']
      expect((await io500(program, more)).exitCode).to.equal(6)
      const { data } = await cluster.json(['wait', 'io500', '--for', 'ended', '--timeout', '60s'])
      expect(data.outcome).to.include({ kind: 'timeout' })
      expect((await runOf(data.runDir)).phases.at(-1)).to.include({ name: 'ior-hard-write' })
      expect(left()).to.deep.equal([])
    })
  })

  const runDirOf = () => {
    const runs = join(cluster.home, 'runs')
    return join(runs, readdirSync(runs).sort().at(-1)!)
  }

  /** Generous: only a hang reaches its end. */
  async function untilPhase(runDir: string, phase: string): Promise<void> {
    const path = join(runDir, 'results/1/result.txt')
    for (let i = 0; i < 600; i++) {
      if (existsSync(path) && readFileSync(path, 'utf8').includes(`[${phase}]`)) return
      await clock.sleep(100)
    }
    expect.fail(`${phase} did not come: ${logOf(runDir)}`)
  }

  async function untilIdle(): Promise<void> {
    const idle = () => cluster.slurm('sinfo', '-h', '-t', 'idle', '-o', '%D', '-p', 'cpu').trim()
    for (let i = 0; i < 100 && idle() !== '3'; i++) await clock.sleep(200)
  }

  /** Processes of the program that live on; they may take a moment to end. */
  async function noRanks(): Promise<number[]> {
    for (let i = 0; i < 100 && cluster.pidsOf('io500').length > 0; i++) await clock.sleep(100)
    return cluster.pidsOf('io500')
  }
})
