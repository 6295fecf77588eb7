import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { examplesOf } from '../../../src/lib/cli/command-help.js'
import { readManifest, spoken } from '../../../src/lib/cli/manifest.js'
import { aibench, envelopeOf, PROGRAM, ROOT } from '../../support/cli.js'
import { needs } from '../../support/require.js'
import { temporaryFolder } from '../../support/surroundings.js'

const manifest = readManifest(ROOT)

describe('the built program', () => {
  it('says its version', async () => {
    await using home = await temporaryFolder()
    const { stdout, code } = await aibench(['--version'], { home: home.path })
    expect(code).to.equal(0)
    expect(stdout).to.match(/^aibench \d+\.\d+\.\d+ node v/)
  })

  it('prints one envelope for every way to be wrong', async () => {
    await using home = await temporaryFolder()
    for (const [args, code, error] of [
      [['chroma', 'check', '--json'], 4, 'AIB_INSTANCE_UNKNOWN'],
      [['chroma', 'start', '--nodes', 'many', '--json'], 2, 'AIB_FLAGS'],
      [['chroma', 'check', '--nosuchflag', '--json'], 2, 'AIB_FLAGS'],
      [['chroma', 'start', '--time', 'soon', '--json'], 2, 'AIB_USAGE'],
      [['chrome', 'start', '--json'], 127, 'AIB_COMMAND_UNKNOWN'],
      [['runs', 'show', 'zzzz', '--json'], 4, 'AIB_RUN_UNKNOWN'],
      [['config', 'get', 'slurm.acount', '--json'], 4, 'AIB_SETTING_UNKNOWN'],
      [['chroma', 'bench', '--url', 'nonsense', '--json'], 2, 'AIB_USAGE'],
      [
        ['chroma', 'bench', '--url', 'http://127.0.0.1:1', '--vectors', '20', '--json'],
        7,
        'AIB_UNREACHABLE',
      ],
      [['chroma', 'bench', '--slo', 'speed<1', '--json'], 2, 'AIB_SLO'],
      [['chroma', 'bench', '--concurrency', 'a', '--json'], 2, 'AIB_PLAN'],
      [['vllm', 'start', '--json'], 2, 'AIB_NO_MODEL'],
      [['vllm', 'start', '--ttft', '5ms', '--json'], 2, 'AIB_FLAGS'],
      [['vllm', 'chat', '--json'], 2, 'AIB_FLAGS'],
      [['vllm', 'chat', 'hello', '--json'], 4, 'AIB_INSTANCE_UNKNOWN'],
      [['vllm', 'bench', '--rate', '4', '--concurrency', '2', '--json'], 2, 'AIB_LOAD'],
      [['vllm', 'bench', '--save-as', 'html:x', '--json'], 2, 'AIB_USAGE'],
      [['vllm', 'bench', '--events', '--nosuchflag'], 2, 'AIB_FLAGS'],
      [['vllm', 'bench', '--events'], 4, 'AIB_INSTANCE_UNKNOWN'],
    ] as const) {
      const ended = await aibench(args, { home: home.path })
      const envelope = envelopeOf(ended)
      expect([envelope.ok, ended.code, envelope.error?.code], args.join(' ')).to.deep.equal([
        false,
        code,
        error,
      ])
      expect(ended.stdout.trim().split('\n')).to.have.lengthOf(1)
      expect(ended.stderr, args.join(' ')).to.not.match(/\bat .*\.js:/)
    }
  })

  it('tells people in at most six lines, on stderr', async () => {
    await using home = await temporaryFolder()
    const { stdout, stderr, code } = await aibench(['chroma', 'check', 'old'], { home: home.path })
    expect([code, stdout]).to.deep.equal([4, ''])
    expect(stderr.trim().split('\n')).to.have.lengthOf.at.most(6)
    expect(stderr)
      .to.include('There is no Chroma instance called "old"')
      .and.to.include('aibench chroma start')
  })

  it('suggests the command that was meant, also in the other word order', async () => {
    await using home = await temporaryFolder()
    expect((await aibench(['start', 'chroma'], { home: home.path })).stderr).to.include(
      'did you mean "chroma start"',
    )
    expect((await aibench(['statsu'], { home: home.path })).stderr).to.include(
      'did you mean "status"',
    )
  })

  it('ends quietly when its reader has had enough', async () => {
    await using home = await temporaryFolder()
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; node ${ROOT}bin/run.js help environment | head -1`],
      {
        env: { ...process.env, AIBENCH_HOME: home.path },
        encoding: 'utf8',
      },
    )
    expect([status, stderr]).to.deep.equal([0, ''])
  })

  it('uses colour only where it is wanted', async () => {
    await using home = await temporaryFolder()
    const escape = '\u001b['
    const run = async (env: Record<string, string>, ...args: string[]) =>
      (await aibench(['chroma', 'check', 'x', ...args], { home: home.path, env })).stderr.includes(
        escape,
      )
    expect(await run({ NO_COLOR: '' })).to.equal(false)
    expect(await run({ NO_COLOR: '', FORCE_COLOR: '1' })).to.equal(true)
    expect(await run({ NO_COLOR: '1', FORCE_COLOR: '1' })).to.equal(false)
    expect(await run({ NO_COLOR: '', FORCE_COLOR: '1' }, '--no-color')).to.equal(false)
  })

  it('is not changed by NODE_ENV=development', async () => {
    await using home = await temporaryFolder()
    const { code, stdout } = await aibench(['state', 'path'], {
      home: home.path,
      env: { NODE_ENV: 'development' },
    })
    expect([code, stdout.trim()]).to.deep.equal([0, join(home.path, 'state.json')])
  })

  it('keeps settings, and takes flags from variables', async () => {
    await using home = await temporaryFolder()
    const options = { home: home.path }
    expect((await aibench(['config', 'set', 'slurm.account', 'p200000'], options)).code).to.equal(0)
    expect((await aibench(['config', 'get', 'slurm.account'], options)).stdout).to.equal(
      'p200000\n',
    )
    expect((await aibench(['config', 'set', 'slurm.time', 'soon'], options)).code).to.equal(2)
    expect((await aibench(['config', 'unset', 'slurm.account'], options)).code).to.equal(0)
    const { data } = envelopeOf(
      await aibench(['config', 'get', 'slurm.account'], {
        ...options,
        env: { AIBENCH_JSON: 'true' },
      }),
    )
    expect(data.value).to.equal(null)
  })

  // What a command costs on a parallel file system, where every call is a message to a server.
  it('starts with few file system calls', async function () {
    const missing = spawnSync('which', ['strace']).status !== 0
    needs(this, 'shells', !missing, 'not installed: strace')
    await using home = await temporaryFolder()
    for (const command of [['--version'], ['status'], ['__complete', 'bash', 'chroma', '']]) {
      const trace = join(home.path, 'trace')
      const options = ['-f', '-qq', '-e', 'trace=%file', '-o', trace]
      const { status } = spawnSync('strace', [...options, process.execPath, PROGRAM, ...command], {
        env: { ...process.env, AIBENCH_HOME: home.path },
      })
      expect(status).to.equal(0)
      const calls = (await readFile(trace, 'utf8')).trim().split('\n')
      expect(calls.length, command.join(' ')).to.be.at.most(150)
    }
  })

  it('works from a read-only folder, through a symbolic link', async function () {
    await using folder = await temporaryFolder()
    const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder.path], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    const tarball = join(folder.path, packed.stdout.trim().split('\n').at(-1)!)
    const place = join(folder.path, 'place')
    await mkdir(place)
    await writeFile(join(place, 'package.json'), '{"private": true}')
    const install = spawnSync(
      'npm',
      ['install', '--silent', '--offline', '--no-audit', '--no-fund', tarball],
      { cwd: place, encoding: 'utf8' },
    )
    expect(install.status, install.stderr).to.equal(0)
    const tree = JSON.parse(await readFile(join(place, 'package-lock.json'), 'utf8')) as {
      packages: object
    }
    expect(Object.keys(tree.packages)).to.have.lengthOf(2)
    await chmod(join(place, 'node_modules', 'aibench'), 0o555)
    const { status, stdout, stderr } = spawnSync(
      join(place, 'node_modules', '.bin', 'aibench'),
      ['status', '--json'],
      {
        env: { ...process.env, AIBENCH_HOME: join(folder.path, 'home'), NODE_PATH: '' },
        encoding: 'utf8',
      },
    )
    expect(status, stderr).to.equal(0)
    expect(JSON.parse(stdout).ok).to.equal(true)
  })
})

describe('the commands', () => {
  for (const command of Object.values(manifest.commands)) {
    it(`${spoken(command.id)}: summary, two examples that parse, a summary for every flag, a variable where it is no accident`, async () => {
      expect(command.summary).to.match(/\.$/)
      expect(examplesOf(command)).to.have.lengthOf.at.least(2)
      for (const flag of Object.values(command.flags)) {
        const name = flag.name.toUpperCase().replaceAll('-', '_')
        const [service, verb] = command.id.toUpperCase().split(':')
        const own = name.startsWith(`${service}_`) ? name : `${service}_${name}`
        if (flag.env !== undefined)
          expect(flag.env, flag.name).to.be.oneOf(
            [name, own, `${verb}_${name}`].map((words) => `AIBENCH_${words}`),
          )
        expect(flag.summary, flag.name).to.match(/\.$/)
      }
    })
  }

  it('have no variable that stands for two different options', () => {
    const meanings = new Map<string, string>()
    for (const { id, flags } of Object.values(manifest.commands))
      for (const { env, name, type, summary = '', options } of Object.values(flags)) {
        if (env === undefined) continue
        // How long a wait lasts unless it is said may differ from one to the next.
        const sense = summary.replace(/ Default \S+\.$/, '')
        const meaning = [name, type, sense, options?.join('|')].join(' ')
        expect(meanings.get(env) ?? meaning, `${env} of ${id}`).to.equal(meaning)
        meanings.set(env, meaning)
      }
  })

  it('have examples that run', async function () {
    await using home = await temporaryFolder()
    // One of the examples starts a simulated server; another one stops it, unless the test ends in between.
    await using _ = {
      [Symbol.asyncDispose]: async () =>
        void (await aibench(['vllm', 'stop', '--force'], { home: home.path })),
    }
    for (const command of Object.values(manifest.commands))
      for (const example of examplesOf(command)) {
        const args = [...example.matchAll(/'([^']*)'|(\S+)/g)]
          .map(([, quoted, bare]) => quoted ?? bare)
          .slice(1)
        if (command.id === 'chroma:install') continue
        const ended = await aibench(
          args.map((word) => (word === 'RUN' ? 'none' : word)),
          {
            home: home.path,
            env: {
              AIBENCH_SCHEDULER: 'local',
              AIBENCH_CHROMA_COMMAND: `${ROOT}test/fixtures/servers/broken-chroma`,
            },
          },
        )
        // There is nothing alive here: what counts is that flags and arguments are understood.
        const said = `${ended.stderr}${ended.stdout}`
        if (/need Slurm; this machine is one|no file config\.ini|config\.ini.* is there/.test(said))
          continue
        expect(ended.code, `${example}\n${said}`).to.be.oneOf([0, 3, 4])
      }
  })

  it('are documented as they are', async () => {
    const reference = await readFile(join(ROOT, 'docs/commands.md'), 'utf8')
    for (const id of Object.keys(manifest.commands))
      expect(reference).to.include(`## aibench ${spoken(id)}\n`)
  })
})
