import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { aibench, envelopeOf, ROOT } from '../support/cli.js'
import { fakeNvidiaSmi } from '../support/gpus.js'
import { processesOf } from '../support/processes.js'
import { needs } from '../support/require.js'
import { temporaryFolder } from '../support/surroundings.js'
import { realVllm, sharedMemory, SMALL_VLLM, type RealVllm } from '../support/vllm.js'

const run = async (home: string, args: readonly string[], env: Record<string, string> = {}) =>
  envelopeOf(
    await aibench([...args, '--json'], {
      home,
      env: { AIBENCH_SCHEDULER: 'local', TMPDIR: join(home, 'tmp'), ...SMALL_VLLM.env, ...env },
    }),
  )

async function home() {
  const folder = await temporaryFolder()
  await mkdir(join(folder.path, 'tmp'))
  return folder
}

describe('vLLM on this machine', function () {
  this.timeout(600_000)
  let real: RealVllm
  const start = (...more: string[]) => [
    ...['vllm', 'start', '--venv', real.venv, '--model-dir', real.model],
    ...SMALL_VLLM.args,
    ...more,
  ]

  before(async function () {
    real = await realVllm()
    needs(this, 'vllm', real.why === '', real.why)
  })

  it('lives: start, check, a call, save, stop; guarded, and leaves nothing', async () => {
    await using folder = await home()
    const memory = new Set(sharedMemory())
    const started = await run(folder.path, start('--wait', '--timeout', '9m'))
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const instance = started.data.instance as InstanceReport
    const { runDir, endpoint } = instance
    expect(instance).to.include({ summary: 'ready', version: '0.32.0+cpu', simulated: false })
    expect(instance.stages.map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      'imports done',
      'weights done',
      'compile done',
      'ready done',
    ])
    expect(instance.stages[1].text).to.match(/^1 of 1 shards · 0\.01 GiB$/)
    const sum = instance.stages.reduce((ms, stage) => ms + stage.ms!, 0)
    const whole = Date.parse(instance.readyAt!) - Date.parse(instance.startedAt!)
    expect(sum).to.be.closeTo(whole, 2_000)

    const check = (await run(folder.path, ['vllm', 'check'])).data as InstanceReport
    const models = JSON.parse(
      execFileSync('bash', ['-c', `${check.call} -sS`], { encoding: 'utf8' }),
    )
    expect(models.data[0].id).to.equal('tiny')
    expect((await fetch(`${endpoint!.url}/v1/models`)).status).to.equal(401)

    const token = (await readFile(endpoint!.tokenFile!, 'utf8')).trim()
    expect(token).to.have.length.greaterThan(20)
    expect(processesOf(folder.path).join('\n')).to.not.include(token)
    for (const file of [
      ...['stdout.log', 'stderr.log', 'job.json', 'endpoint.vllm.json'].map((name) =>
        join(runDir, name),
      ),
      join(folder.path, 'state.json'),
    ])
      expect(await readFile(file, 'utf8'), file).to.not.include(token)

    const zip = join(folder.path, 'out.zip')
    expect((await run(folder.path, ['vllm', 'save', '-o', zip])).ok).to.equal(true)
    const listed = spawnSync('python3', ['-m', 'zipfile', '-l', zip], { encoding: 'utf8' }).stdout
    expect(listed)
      .to.include('stdout.log')
      .and.not.to.match(/\.token|\.header|job\.env/)

    const stopped = await run(folder.path, ['vllm', 'stop'])
    expect(stopped.data).to.include({ killed: false, portClosed: true })
    expect(processesOf(folder.path)).to.deep.equal([])
    expect(sharedMemory().filter((name) => !memory.has(name))).to.deep.equal([])
    expect(await readdir(join(folder.path, 'tmp'))).to.deep.equal([])
    expect((await readdir(runDir)).filter((name) => /token|header/.test(name))).to.deep.equal([])
  })

  it('that does not know an argument is told so', async () => {
    await using folder = await home()
    const { error, exitCode } = await run(folder.path, start('--wait', '--vllm-arg=--no-such'))
    expect(exitCode).to.equal(6)
    expect(error!.message).to.equal(
      'The job ended before vLLM was ready: vLLM does not know one of its arguments.',
    )
    expect(processesOf(folder.path)).to.deep.equal([])
  })
})

describe('the simulator in vLLM’s place', function () {
  it('is started, checked and stopped like it, and everywhere says SIMULATED', async () => {
    await using folder = await home()
    const started = await run(folder.path, ['vllm', 'start', '--simulate', '--wait'])
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    expect(started.data.instance).to.include({ summary: 'ready', simulated: true })
    expect(started.data.description).to.include('SIMULATED')
    for (const verb of [['vllm', 'check'], ['status']]) {
      const { stdout } = await aibench(verb, { home: folder.path })
      expect(stdout, verb.join(' ')).to.include('SIMULATED')
    }
    const { endpoint, runDir } = started.data.instance as InstanceReport
    expect((await fetch(`${endpoint!.url}/v1/models`)).status).to.equal(401)
    const receipt = join(runDir, 'receipt.json')
    expect((await run(folder.path, ['vllm', 'stop'])).data).to.include({ killed: false })
    expect(JSON.parse(await readFile(receipt, 'utf8'))).to.include({ cause: 'stopped' })
    expect(processesOf(folder.path)).to.deep.equal([])
  })

  it('opened to other machines: one door, its own token, and everything behind it guarded', async () => {
    await using folder = await home()
    const started = await run(folder.path, ['vllm', 'start', '--simulate', '--expose', '--wait'])
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const { endpoint, call, runDir } = started.data.instance as InstanceReport
    const { url, tokenFile } = endpoint!.exposed!
    expect(new URL(url).hostname).to.not.equal('127.0.0.1')
    expect(call).to.equal(`curl -H @${runDir}/gate.header ${url}/v1/models`)
    const models = execFileSync('bash', ['-c', `${call} -sS`], { encoding: 'utf8' })
    expect(JSON.parse(models).data[0].id).to.equal('simulated')
    for (const path of ['/v1/models', '/metrics', '/health', '/tokenize'])
      expect((await fetch(url + path)).status, path).to.equal(401)
    // The server's own key is not the door's.
    const own = (await readFile(endpoint!.tokenFile!, 'utf8')).trim()
    const headers = { authorization: `Bearer ${own}` }
    expect((await fetch(`${url}/v1/models`, { headers })).status).to.equal(401)
    const tokens = [own, (await readFile(tokenFile, 'utf8')).trim()]
    for (const token of tokens) expect(processesOf(folder.path).join('\n')).to.not.include(token)
    expect((await run(folder.path, ['vllm', 'stop'])).data).to.include({ killed: false })
    expect(processesOf(folder.path)).to.deep.equal([])
    expect((await readdir(runDir)).filter((name) => /token|header/.test(name))).to.deep.equal([])
  })

  it('that is killed leaves no secret and no folder either', async () => {
    await using folder = await home()
    const started = await run(folder.path, ['vllm', 'start', '--simulate', '--wait'])
    const { runDir } = started.data.instance as InstanceReport
    expect((await run(folder.path, ['vllm', 'stop', '--force'])).data).to.include({ killed: true })
    expect((await readdir(runDir)).filter((name) => /token|header/.test(name))).to.deep.equal([])
    expect(await readdir(join(folder.path, 'tmp'))).to.deep.equal([])
    expect(processesOf(folder.path)).to.deep.equal([])
  })

  it('that dies is reported with how', async () => {
    await using folder = await home()
    const started = await run(folder.path, ['vllm', 'start', '--simulate', '--wait'])
    const { runDir } = started.data.instance as InstanceReport
    const { pid } = JSON.parse(await readFile(join(runDir, 'endpoint.vllm.json'), 'utf8'))
    process.kill(pid as number, 'SIGKILL')
    const ended = await run(folder.path, ['wait', 'vllm', '--for', 'ended', '--timeout', '20s'])
    expect(ended.data.outcome).to.include({ kind: 'failed', signal: 'KILL' })
    expect(existsSync(join(runDir, 'api.token'))).to.equal(false)
  })
})

describe('vLLM in an image', function () {
  const servers = fileURLToPath(new URL('../fixtures/servers', import.meta.url))
  const simulator = { VLLM_TEST_SIMULATOR: join(ROOT, 'dist/simulator.js') }

  it('sees its folders and the GPUs, and nothing of it goes to the home', async () => {
    await using folder = await home()
    const image = join(folder.path, 'vllm.sif')
    const model = join(folder.path, 'tiny')
    await mkdir(model)
    await writeFile(image, 'an image')
    const PATH = `${fakeNvidiaSmi(folder.path, [{}, {}, {}, {}])}:${process.env.PATH}`
    const env = { ...simulator, PATH }
    await writeFile(join(model, 'config.json'), '{"num_attention_heads":4}')
    await writeFile(join(model, 'tokenizer.json'), '{}')
    const apptainer = join(servers, 'apptainer')
    await run(folder.path, ['config', 'set', 'apptainer.command', apptainer])
    const args = [
      '--image',
      image,
      '--model-dir',
      model,
      '--gpus-per-node',
      '4',
      '--wait',
      '--env',
      'VLLM_TEST_SIMULATOR',
    ]
    const started = await run(folder.path, ['vllm', 'start', ...args], env)
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const { runDir } = started.data.instance as InstanceReport
    const words = async (name: string) => (await readFile(join(runDir, name), 'utf8')).split('\n')

    const given = await words('apptainer.args')
    expect(given.slice(0, 3)).to.deep.equal(['exec', '--nv', '--bind'])
    const binds = given.filter((_, index) => given[index - 1] === '--bind')
    expect(binds).to.include(runDir).and.to.include(model)
    const rest = given.slice(given.indexOf('--pwd'))
    expect(rest.slice(0, 5)).to.deep.equal(['--pwd', runDir, image, 'vllm', 'serve'])
    expect((await words('vllm.args')).join(' ')).to.match(
      /^serve \S+\/tiny --served-model-name tiny --tensor-parallel-size 4 --disable-uvicorn-access-log --host 127\.0\.0\.1 --port \d+ $/,
    )
    const settings = Object.fromEntries((await words('vllm.env')).map((line) => line.split('=')))
    expect(settings).to.include({ HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1', TZ: 'UTC' })
    expect(settings).to.include({ VLLM_NO_USAGE_STATS: '1', DO_NOT_TRACK: '1' })
    for (const name of ['XDG_CACHE_HOME', 'HF_HOME'])
      expect(settings[name], name).to.include(settings.TMPDIR)
    // What was compiled lives on, by version and kind of GPU; the folder is free for the next start.
    const kept = settings.VLLM_CACHE_ROOT.replace(/\/vllm$/, '')
    expect(kept).to.match(/\/cache\/vllm\/image-[0-9a-f]{16}\/[\w+-]+$/)
    expect(settings.TRITON_CACHE_DIR).to.equal(join(kept, 'triton'))
    expect(binds).to.include(kept)
    expect(existsSync(join(kept, 'in-use'))).to.equal(false)
    expect((await run(folder.path, ['vllm', 'stop'])).data).to.include({ killed: false })
    expect(existsSync(settings.TMPDIR)).to.equal(false)
  })
})

describe('what can be known before the queue', function () {
  async function model(folder: string, files: Record<string, string>): Promise<string> {
    const dir = join(folder, 'model')
    await mkdir(dir)
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
    return dir
  }
  const whole = {
    'config.json': JSON.stringify({ num_attention_heads: 32, num_hidden_layers: 2 }),
    'tokenizer.json': '{}',
  }

  for (const { title, files = whole, args, exitCode, message } of [
    {
      title: 'a model without config.json',
      files: { 'tokenizer.json': '{}' },
      exitCode: 3,
      message: /no config\.json/,
    },
    {
      title: 'a model without a tokenizer',
      files: { 'config.json': '{}' },
      exitCode: 3,
      message: /no tokenizer/,
    },
    {
      title: 'heads that the GPUs don’t divide',
      args: ['--gpus-per-node', '3'],
      exitCode: 2,
      message: /32 attention heads, which tensor parallel 3 does not divide/,
    },
    {
      title: 'several nodes on one machine',
      args: ['--nodes', '2'],
      exitCode: 2,
      message: /Several nodes need Slurm/,
    },
    {
      title: 'a key in the command line',
      args: ['--vllm-arg=--api-key=sk-1'],
      exitCode: 2,
      message: /^--api-key is set by aibench itself$/,
    },
    {
      title: 'an environment without vLLM',
      args: ['--venv', '/nowhere'],
      exitCode: 3,
      message: /^No vLLM in --venv: /,
    },
  ] as {
    title: string
    files?: Record<string, string>
    args?: string[]
    exitCode: number
    message: RegExp
  }[])
    it(`refuses ${title}, and leaves nothing`, async () => {
      await using folder = await home()
      const dir = await model(folder.path, files)
      const ended = await run(folder.path, ['vllm', 'start', '--model-dir', dir, ...(args ?? [])])
      expect([ended.exitCode, ended.error!.message]).to.satisfy(
        ([code, text]: [number, string]) => code === exitCode && message.test(text),
        JSON.stringify(ended.error),
      )
      const runs = join(folder.path, 'runs')
      expect(existsSync(runs) ? await readdir(runs) : []).to.deep.equal([])
    })

  it('refuses a token file that others can read', async () => {
    await using folder = await home()
    const file = join(folder.path, 'hf.token')
    await writeFile(file, 'hf_secret\n')
    await chmod(file, 0o644)
    const args = ['--model', 'organisation/gated', '--hf-token-file', file]
    const { exitCode, error } = await run(folder.path, ['vllm', 'start', ...args])
    expect(exitCode, JSON.stringify(error)).to.be.oneOf([2, 3])
    expect(error!.message).to.match(/token/i)
    expect(JSON.stringify(error)).to.not.include('hf_secret')
  })
})
