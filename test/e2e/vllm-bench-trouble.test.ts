import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceResult } from '../../src/lib/instrument/inference/result.js'
import { plainServer } from '../support/plain-server.js'
import { processesOf } from '../support/processes.js'
import { needs } from '../support/require.js'
import { temporaryFolder } from '../support/surroundings.js'
import {
  eventsOf,
  inMidRun,
  measured,
  published,
  short,
  SIMULATED,
  vllmHome,
} from '../support/vllm-home.js'

/** Goes on until something happens to it. */
const endless = (...more: string[]) =>
  short('--duration', '60s', '--num-prompts', '100000', '--output-len', '40', '--events', ...more)

describe('a benchmark that does not go well', function () {
  it('interrupted once, keeps what was measured and says so', async () => {
    await using home = await vllmHome()
    await home.start()
    const ended = await home.shown(endless(), {
      during: inMidRun((child) => child.kill('SIGINT')),
    })
    const { envelope } = eventsOf(ended)
    expect([envelope.exitCode, envelope.error?.code]).to.deep.equal([130, 'AIB_INTERRUPTED'])
    const result = published(envelope.data as InferenceResult)
    expect(result.complete).to.equal(false)
    expect(result.requests.ok).to.be.greaterThan(0)
    expect(result.requests.failed).to.equal(0)
    expect(result.server.check).to.include({ verdict: 'unknown', unavailable: null })
    const shown = await home.shown(['runs', 'show', result.runId])
    expect(shown.stdout).to.include('INTERRUPTED').and.to.include('TTFT')
    const [run] = (await home.run(['runs', 'list'])).data
    expect(run).to.include({ id: result.runId, verdict: 'interrupted' })
    await home.run(['vllm', 'stop'])
    expect(processesOf(home.path)).to.deep.equal([])
  })

  it('whose server is killed tells that the job failed, and keeps the result', async () => {
    await using home = await vllmHome()
    const { runDir } = await home.start()
    const { pid } = JSON.parse(await readFile(join(runDir, 'endpoint.vllm.json'), 'utf8'))
    const ended = await home.shown(endless(), {
      during: inMidRun(() => process.kill(pid as number, 'SIGKILL')),
    })
    const { envelope } = eventsOf(ended)
    expect([envelope.exitCode, envelope.error?.code], JSON.stringify(envelope.error)).to.deep.equal(
      [6, 'AIB_JOB_FAILED'],
    )
    const result = published(envelope.data as InferenceResult)
    expect(result.complete).to.equal(false)
    expect(result.requests.ok).to.be.greaterThan(0)
    expect(result.errors.map(({ class: name }) => name)).to.include('refused')
    const kept = await home.run(['runs', 'show', result.runId])
    expect(kept.data.result.requests).to.deep.equal(result.requests)
    expect(processesOf(home.path)).to.deep.equal([])
  })

  it('against a server that stalls: told by class, and given up in time', async () => {
    await using home = await vllmHome()
    await home.start([...SIMULATED, '--fault', 'stall:0.2'])
    const args = short('--num-prompts', '20', '--idle-timeout', '500ms')
    const failed = await home.run(args)
    expect([failed.exitCode, failed.error!.code]).to.deep.equal([6, 'AIB_ERROR_SHARE'])
    const { errors, requests } = published(failed.data as InferenceResult)
    expect(errors.map(({ class: name }) => name)).to.deep.equal(['idle_timeout'])
    expect(requests.failed).to.be.within(3, 5)
    const borne = measured(await home.run([...args, '--max-error-share', '0.5']))
    expect(borne.requests.failed).to.be.greaterThan(0)
  })

  it('against a server that has only errors: no success, and no table of zeros', async () => {
    await using home = await vllmHome()
    // The first is asked for by the benchmark itself, to see what the server understands.
    await using server = await plainServer({ onlyFirst: 1 })
    const args = [...short('--warmup', '0'), '--url', server.url]
    const { code, stdout, stderr } = await home.shown(args)
    expect(code).to.equal(6)
    expect(stderr).to.include('100 % of the requests failed')
    expect(stdout)
      .to.include('12 failed: 12 http_500')
      .and.not.to.match(/TTFT|TPOT|p99/)
  })

  it('longer than the server has time is refused before it begins', async () => {
    await using home = await vllmHome()
    await home.start([...SIMULATED, '--time', '60s'])
    for (const args of [
      ['--duration', '5m'],
      ['--rate', '1', '--num-prompts', '1000'],
      ['--ramp', '1:2:5m'],
    ]) {
      const { exitCode, error } = await home.run(['vllm', 'bench', ...args])
      expect([exitCode, error!.code], args.join(' ')).to.deep.equal([2, 'AIB_WALLTIME'])
    }
    expect((await home.run(['runs', 'list'])).data).to.deep.equal([])
  })

  it('on a disk that gets full keeps what it can, and says what is missing', async function () {
    needs(this, 'root', process.getuid?.() === 0, 'a small file system can be mounted by root only')
    await using folder = await temporaryFolder()
    const small = join(folder.path, 'small')
    await mkdir(small)
    expect(
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', small]).status,
    ).to.equal(0)
    try {
      await using home = await vllmHome(small)
      await home.start()
      const used = Number(
        spawnSync('df', ['--output=avail', small]).stdout.toString().split('\n')[1],
      )
      spawnSync('dd', ['if=/dev/zero', `of=${small}/fill`, 'bs=1k', `count=${used - 120}`])
      const args = short('--num-prompts', '2000', '--rate', 'inf', '--output-len', '1')
      const { exitCode, error, data } = await home.run(args)
      expect([exitCode, error!.code], JSON.stringify(error)).to.deep.equal([3, 'AIB_CANNOT_WRITE'])
      expect(error!.message).to.match(/no space/i)
      expect((data as InferenceResult).requests.ok).to.equal(2000)
      spawnSync('rm', [`${small}/fill`])
      const [{ dir, verdict }] = (await home.run(['runs', 'list'])).data
      expect(verdict).to.equal('failed')
      const records = readFileSync(join(dir as string, 'requests.ndjson'), 'utf8')
      expect(records.split('\n').length).to.be.greaterThan(100)
    } finally {
      // Lazily: who was just ended may hold it for a moment longer.
      spawnSync('umount', ['--lazy', small])
    }
  })
})

describe('the key of a server', function () {
  it('is asked for, and seen by nobody', async () => {
    await using home = await vllmHome()
    const { endpoint, runDir } = await home.start()
    const token = (await readFile(endpoint!.tokenFile!, 'utf8')).trim()
    const ask = async (authorization?: string) =>
      (
        await fetch(`${endpoint!.url}/v1/models`, {
          headers: authorization === undefined ? {} : { authorization },
        })
      ).status
    expect(await ask()).to.equal(401)
    expect(await ask('Bearer wrong')).to.equal(401)
    expect(await ask(`Bearer ${token}`)).to.equal(200)
    let seen = ''
    const ended = await home.shown(short('--num-prompts', '60', '--output-len', '64', '--events'), {
      during: inMidRun(() => {
        seen = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout
      }),
    })
    measured(eventsOf(ended).envelope)
    expect(seen).to.include('worker.js').and.not.to.include(token)
    expect(ended.stdout + ended.stderr).to.not.include(token)
    expect(filesWith(token, home.path)).to.deep.equal([
      ...['api.header', 'api.token'].map((name) => join(runDir, name)),
    ])
    await home.run(['vllm', 'stop'])
    expect(filesWith(token, home.path)).to.deep.equal([])
  })

  it('of somebody’s server is read from its file only', async () => {
    await using home = await vllmHome()
    await using server = await plainServer({ key: 'their-secret' })
    const file = join(home.path, 'key')
    await writeFile(file, 'their-secret\n', { mode: 0o600 })
    const args = [...short(), '--url', server.url]
    const without = await home.run(args)
    expect([without.exitCode, without.error!.code]).to.deep.equal([2, 'AIB_TOKEN'])
    measured(await home.run([...args, '--api-key-file', file]))
    expect(filesWith('their-secret', home.path)).to.deep.equal([file])
  })
})

describe('a server that aibench did not start', function () {
  for (const { title, refusal } of [
    { title: 'passes unknown fields over', refusal: 0 },
    { title: 'refuses unknown fields', refusal: 400 },
  ])
    for (const endpoint of ['completions', 'chat'])
      it(`and ${title} is measured, ${endpoint}; what could not be checked is said`, async () => {
        await using home = await vllmHome()
        await using server = await plainServer({ refusal })
        const result = measured(
          await home.run([...short('--endpoint', endpoint), '--url', `${server.url}/v1`]),
        )
        expect(result.requests).to.deep.equal({ issued: 12, ok: 12, failed: 0, dropped: 0 })
        expect(result.workload.model).to.equal('plain')
        expect(result.simulated).to.equal(false)
        expect(result.throughput).to.include({ outputTokens: 96, tokensFrom: 'usage' })
        expect(result.product.version).to.equal(null)
        expect(result.server.check).to.include({ verdict: 'unknown' })
        expect(result.warnings.join()).to.include('not compared with the server')
        const shown = await home.shown(['runs', 'show', result.runId])
        expect(shown.stdout).to.include('not asked').and.not.to.include('SIMULATED')
      })

  it('and that is not there is told with exit code 7', async () => {
    await using home = await vllmHome()
    const { exitCode, error } = await home.run([...short(), '--url', 'http://127.0.0.1:9'])
    expect([exitCode, error!.code]).to.deep.equal([7, 'AIB_UNREACHABLE'])
    expect(error!.hints[0]).to.equal('curl -i http://127.0.0.1:9')
  })

  it('and has no model of that name says which it has', async () => {
    await using home = await vllmHome()
    await using server = await plainServer({ models: ['plain'] })
    const args = [...short(), '--url', server.url, '--served-model-name', 'ours']
    const { exitCode, error } = await home.run(args)
    expect([exitCode, error!.message]).to.deep.equal([2, 'The server has no model "ours"'])
    expect(error!.hints[0]).to.match(/ --served-model-name plain$/)
    expect(error!.hints[1]).to.equal('models: plain')
  })
})

/** Every file below it with that text in it. */
function filesWith(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path, 'latin1').includes(text))
    .sort()
}
