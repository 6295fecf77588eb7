import { Ajv } from 'ajv'
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VectorResult } from '../../src/lib/instrument/vectors/result.js'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { realChroma } from '../support/chroma.js'
import { aibench, envelopeOf, ROOT, type CliOptions } from '../support/cli.js'
import { processesOf } from '../support/processes.js'
import { needs } from '../support/require.js'
import { clock, temporaryFolder } from '../support/surroundings.js'

/** A benchmark of seconds. */
const quick = (duration = '400ms') => [
  ...['--vectors', '1000', '--dim', '32', '--queries', '100', '--repeats', '2'],
  ...['--concurrency', '1,4', '--duration', duration],
]

async function collectionsOf({ instance }: { instance?: unknown }): Promise<unknown[]> {
  const { url } = (instance as InstanceReport).endpoint!
  const path = '/api/v2/tenants/default_tenant/databases/default_database/collections'
  return (await (await fetch(url + path)).json()) as unknown[]
}

/** Seconds after the benchmark's collection is there: its queries go on for long. */
function whileQueried(
  started: { instance?: unknown },
  work: (child: Parameters<NonNullable<CliOptions['during']>>[0]) => void,
): NonNullable<CliOptions['during']> {
  return (child) => {
    const timer = setInterval(async () => {
      if ((await collectionsOf(started)).length === 0) return
      clearInterval(timer)
      setTimeout(() => work(child), 5_000)
    }, 200)
  }
}

describe('Chroma on this machine', function () {
  let env: Record<string, string>
  const options = (home: string, more: Partial<CliOptions> = {}): CliOptions => ({
    home,
    env,
    ...more,
  })
  const run = async (home: string, ...args: string[]) =>
    envelopeOf(await aibench([...args, '--json'], options(home)))

  before(async function () {
    const { command, why } = await realChroma()
    needs(this, 'chroma', command !== undefined, why)
    env = { AIBENCH_CHROMA_COMMAND: command!, AIBENCH_SCHEDULER: 'local' }
  })

  it('lives: start, check, bench, save, stop; and leaves nothing', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    const started = await run(home, 'chroma', 'start', '--wait', '--profile', 'tuned')
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const instance = started.data.instance as InstanceReport
    expect(instance).to.include({ summary: 'ready', scheduler: 'local', phase: 'ready' })

    const bench = await run(
      home,
      'chroma',
      'bench',
      ...quick(),
      '--slo',
      'recall>=0.99',
      '--slo',
      'errors<=0',
    )
    expect(bench.ok, JSON.stringify(bench.error)).to.equal(true)
    const result = bench.data as VectorResult
    const validate = new Ajv({ strict: false }).compile(
      JSON.parse(await readFile(join(ROOT, 'schemas/vector-result.json'), 'utf8')),
    )
    expect(validate(result), JSON.stringify(validate.errors)).to.equal(true)
    expect(result.ingest.vectorsPerSecond).to.be.greaterThan(100)
    expect(result.sequential.p50Ms).to.be.greaterThan(0)
    expect(result.concurrent.map(({ concurrency }) => concurrency)).to.deep.equal([1, 4])
    for (const level of result.concurrent) expect(level.recallAtK).to.be.at.least(0.99)
    expect(result.workload.profile).to.equal('tuned')
    expect(result.product.version).to.match(/^\d+\.\d+/)
    expect(result.server.cores).to.be.greaterThan(0)

    const lines = (await readFile(join(result.files.runDir, 'requests.ndjson'), 'utf8'))
      .trim()
      .split('\n')
    const queries = lines
      .map((line) => JSON.parse(line) as { phase: string })
      .filter(({ phase }) => phase === 'query')
    expect(queries).to.have.lengthOf(result.concurrent.reduce((sum, { issued }) => sum + issued, 0))

    const saved = await run(home, 'chroma', 'save', '-o', join(home, 'out.zip'))
    expect(saved.ok, JSON.stringify(saved.error)).to.equal(true)
    const listing = spawnSync('python3', ['-m', 'zipfile', '-l', join(home, 'out.zip')], {
      encoding: 'utf8',
    }).stdout
    expect(listing)
      .to.include('result.json')
      .and.to.include('stdout.log')
      .and.not.to.include('job.env')

    const stopped = await run(home, 'chroma', 'stop')
    expect(stopped.data).to.include({ alreadyGone: false, killed: false, portClosed: true })
    expect((await run(home, 'chroma', 'stop')).data).to.include({ alreadyGone: true })
    expect(processesOf(home)).to.deep.equal([])
    const after = await run(home, 'status')
    expect(after.data.instances[0]).to.include({
      summary: 'ended',
      detail: 'stopped cleanly',
    })
    const again = await run(home, 'runs', 'show', result.runId)
    expect(again.data.result.runId).to.equal(result.runId)
  })

  it('keeps every file to its owner, and secrets out of sight', async () => {
    await using folder = await temporaryFolder()
    const home = join(folder.path, 'home')
    await mkdir(home)
    await chmod(home, 0o700)
    env = { ...env, AIBENCH_CANARY: 'canary-5c1f' }
    await run(home, 'chroma', 'start', '--wait')
    await run(home, 'chroma', 'bench', ...quick())
    for (const name of await readdir(home, { recursive: true })) {
      const path = join(home, name)
      if (path.includes('/data/')) continue
      const { mode } = await stat(path)
      expect(mode & 0o077, name).to.equal(0)
      if ((await stat(path)).isFile())
        expect(await readFile(path, 'latin1'), name).to.not.include('canary-5c1f')
    }
    await run(home, 'chroma', 'stop')
  })

  it('is found out when it dies in the middle of a benchmark', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    const { data } = await run(home, 'chroma', 'start', '--wait')
    const { runDir } = data.instance as InstanceReport
    const { pid } = JSON.parse(await readFile(join(runDir, 'endpoint.chroma.json'), 'utf8')) as {
      pid: number
    }
    const ended = await aibench(
      ['chroma', 'bench', ...quick('20s'), '--json'],
      options(home, { during: whileQueried(data, () => process.kill(pid, 'SIGKILL')) }),
    )
    const envelope = envelopeOf(ended)
    expect([envelope.exitCode, envelope.error?.code], JSON.stringify(envelope.error)).to.deep.equal(
      [6, 'AIB_JOB_FAILED'],
    )
    expect(envelope.data.complete).to.equal(false)
    expect(envelope.data.requests.failed).to.be.greaterThan(0)
    const status = await run(home, 'status')
    expect(status.data.instances[0]).to.include({ summary: 'failed' })
    expect(status.data.instances[0].outcome.signal).to.equal('KILL')
    expect(processesOf(home)).to.deep.equal([])
  })

  it('interrupted in a benchmark, keeps what was measured and drops its collection', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    const started = await run(home, 'chroma', 'start', '--wait')
    const ended = await aibench(
      ['chroma', 'bench', ...quick('20s'), '--json'],
      options(home, { during: whileQueried(started.data, (child) => child.kill('SIGINT')) }),
    )
    const envelope = envelopeOf(ended)
    expect([envelope.exitCode, envelope.error?.code]).to.deep.equal([130, 'AIB_INTERRUPTED'])
    expect(envelope.data.complete).to.equal(false)
    expect(envelope.data.sequential.ok).to.be.greaterThan(0)
    expect(await collectionsOf(started.data)).to.deep.equal([])
    await run(home, 'chroma', 'stop')
    expect(processesOf(home)).to.deep.equal([])
  })

  it('that can’t start is reported at once, with the decisive line', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    const persist = join(home, 'database')
    await mkdir(persist)
    await writeFile(
      join(persist, 'chroma.sqlite3'),
      'this is no database, and long enough to be looked at as one',
    )
    const { exitCode, error } = await run(
      home,
      'chroma',
      'start',
      '--wait',
      '--persist-dir',
      persist,
    )
    expect(exitCode, JSON.stringify(error)).to.equal(6)
    expect(error!.message).to.include('damaged')
    expect(processesOf(home)).to.deep.equal([])
  })

  it('that is not there, or can’t be loaded, is named with the command that helps', async () => {
    await using folder = await temporaryFolder()
    const start = (command: string, path = process.env.PATH!) =>
      aibench(['chroma', 'start', '--json'], {
        home: folder.path,
        env: { AIBENCH_CHROMA_COMMAND: command, AIBENCH_SCHEDULER: 'local', PATH: path },
      })
    const missing = envelopeOf(await start('/no/such/chroma'))
    expect([missing.exitCode, missing.error?.code]).to.deep.equal([3, 'AIB_NO_CHROMA'])
    const broken = envelopeOf(await start(`${ROOT}test/fixtures/servers/broken-chroma`))
    expect([broken.exitCode, broken.error?.code]).to.deep.equal([3, 'AIB_CHROMA_UNLOADABLE'])
    const none = envelopeOf(await start('', '/nowhere'))
    expect(none.error?.hints.join()).to.include('aibench chroma install')
    expect((await run(folder.path, 'status')).data.instances).to.deep.equal([])
  })

  it('ends at its time limit, and says so', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    await run(home, 'chroma', 'start', '--wait', '--time', '3s')
    const { data } = await run(home, 'wait', 'chroma', '--for', 'ended', '--timeout', '30s')
    expect(data.outcome).to.include({ kind: 'timeout', summary: 'the time limit was reached' })
    expect(processesOf(home)).to.deep.equal([])
  })

  it('outlives the shell it was started from', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    spawnSync(
      'setsid',
      [
        '-w',
        'bash',
        '-c',
        `${process.execPath} ${ROOT}bin/run.js chroma start --wait --quiet; kill -HUP -$$`,
      ],
      {
        env: { ...process.env, ...env, AIBENCH_HOME: home },
      },
    )
    expect((await run(home, 'chroma', 'check')).data.summary).to.equal('ready')
    expect((await run(home, 'chroma', 'stop')).ok).to.equal(true)
  })

  it('whose script is killed leaves no server behind, and is told as failed', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    const { data } = await run(home, 'chroma', 'start', '--wait')
    const { jobId } = data.instance as InstanceReport
    const job = JSON.parse(await readFile(join(home, 'local', `${jobId}.json`), 'utf8')) as {
      supervisor: { pid: number }
    }
    process.kill(job.supervisor.pid, 'SIGKILL')
    await clock.sleep(300)
    expect((await run(home, 'chroma', 'check')).data.summary).to.be.oneOf(['failed', 'lost'])
    await clock.sleep(300)
    expect(processesOf(home)).to.deep.equal([])
  })

  it('starts once when 12 commands start it at the same time', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    const all = await Promise.all(Array.from({ length: 12 }, () => run(home, 'chroma', 'start')))
    expect(all.filter(({ ok }) => ok)).to.have.lengthOf(1)
    expect(new Set(all.filter(({ ok }) => !ok).map(({ exitCode }) => exitCode))).to.deep.equal(
      new Set([2]),
    )
    expect((await run(home, 'status')).data.instances).to.have.lengthOf(1)
    await run(home, 'chroma', 'stop')
    expect(processesOf(home)).to.deep.equal([])
  })

  it('killed while it starts, wherever, is found again and runs at most once', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    for (let round = 0; round < 6; round++) {
      await aibench(
        ['chroma', 'start', '--name', `r${round}`],
        options(home, {
          during: (child) => void setTimeout(() => child.kill('SIGKILL'), 120 + round * 60),
        }),
      )
    }
    const { data } = await run(home, 'status')
    for (const { name, phase } of data.instances as InstanceReport[]) {
      await run(home, 'chroma', 'stop', name)
      expect(phase).to.be.oneOf(['intended', 'held', 'submitted', 'starting', 'ready'])
    }
    expect(processesOf(home)).to.deep.equal([])
    expect((await readdir(home)).filter((name) => name.endsWith('.tmp'))).to.deep.equal([])
  })

  it('refuses names that no command line would take as they are', async () => {
    await using folder = await temporaryFolder()
    const home = folder.path
    for (const name of ['two words', `it's "quoted"`, '$(touch pwned)', 'line\nbreak', '-x', '']) {
      const { exitCode, error } = await run(home, 'chroma', 'start', `--name=${name}`)
      expect([exitCode, error?.code], JSON.stringify(name)).to.deep.equal([2, 'AIB_NAME'])
    }
    expect(await readdir(home)).to.deep.equal([])
  })

  it('on a full disk or in a read-only home fails in words', async function () {
    needs(this, 'root', process.getuid?.() === 0, 'a small file system can be mounted by root only')
    await using folder = await temporaryFolder()
    const small = join(folder.path, 'small')
    await mkdir(small)
    expect(
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', small]).status,
    ).to.equal(0)
    try {
      spawnSync('dd', ['if=/dev/zero', `of=${small}/fill`, 'bs=1k', 'count=64'])
      const full = await run(small, 'chroma', 'start')
      expect([full.exitCode, full.error?.code], JSON.stringify(full.error)).to.deep.equal([
        3,
        'AIB_CANNOT_WRITE',
      ])
      expect(full.error!.message).to.include('no space is left')
      spawnSync('mount', ['-o', 'remount,ro', small])
      const readOnly = await run(small, 'chroma', 'start')
      expect(readOnly.error!.message).to.include('read-only')
    } finally {
      spawnSync('umount', [small])
    }
  })
})
