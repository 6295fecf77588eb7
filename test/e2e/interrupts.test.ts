import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aibench, envelopeOf, type CliOptions } from '../support/cli.js'
import { temporaryFolder } from '../support/surroundings.js'
import { eventsOf, inMidRun, short, vllmHome } from '../support/vllm-home.js'
import { fakeChroma } from '../fixtures/fake-chroma.js'

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const

/** Goes on until something happens to it. */
const endless = (...more: string[]) =>
  short('--duration', '60s', '--num-prompts', '100000', '--output-len', '40', '--events', ...more)

/** As `aibench config set` writes it. */
async function withSettings(home: string): Promise<void> {
  await mkdir(join(home, 'config'), { recursive: true })
  await writeFile(join(home, 'config', 'config.json'), '{"slurm.time": "1h"}', { mode: 0o600 })
}

/** Signals when the command has said so much on that stream; half a second apart when there are several. */
function when(stream: 'stdout' | 'stderr', said: RegExp, ...signals: NodeJS.Signals[]) {
  return (child: Parameters<NonNullable<CliOptions['during']>>[0]) => {
    let text = ''
    child[stream]!.on('data', (chunk: string) => {
      text += chunk
      if (!said.test(text)) return
      for (const [index, signal] of signals.splice(0).entries())
        setTimeout(() => child.kill(signal), index * 500)
    })
  }
}

/** A home whose chroma starts and never listens. */
async function neverReady(home: string): Promise<Partial<CliOptions>> {
  const program = join(home, 'chroma')
  await writeFile(program, '#!/bin/sh\n[ "$1" = run ] || { echo chroma 1.5.9; exit; }\nsleep 300\n')
  await chmod(program, 0o755)
  return { home, env: { AIBENCH_SCHEDULER: 'local', AIBENCH_CHROMA_COMMAND: program } }
}

describe('signals', function () {
  for (const hasSettings of [false, true])
    it(`end a benchmark with what it has, ${hasSettings ? 'with' : 'without'} a settings file`, async () => {
      await using home = await vllmHome()
      if (hasSettings) await withSettings(home.path)
      await home.start()
      for (const [signal, code] of SIGNALS) {
        const ended = await home.shown(endless(), {
          during: inMidRun((child) => child.kill(signal)),
        })
        const { envelope } = eventsOf(ended)
        expect([envelope.exitCode, envelope.error?.code, ended.signal]).to.deep.equal([
          ...[code, 'AIB_INTERRUPTED', null],
        ])
        expect(envelope.data.complete).to.equal(false)
        expect(envelope.data.requests.ok).to.be.greaterThan(0)
        const [run] = (await home.run(['runs', 'list'])).data
        expect(run).to.include({ id: envelope.data.runId, verdict: 'interrupted' })
      }
    })

  it('end a benchmark of Chroma in the same way', async () => {
    await using folder = await temporaryFolder()
    await using chroma = await fakeChroma({ delayMs: 5 })
    await withSettings(folder.path)
    const args = ['--vectors', '200', '--dim', '8', '--queries', '20', '--duration', '60s']
    const ended = await aibench(['chroma', 'bench', '--url', chroma.url, ...args, '--json'], {
      home: folder.path,
      during: (child) => {
        const timer = setInterval(() => {
          if (chroma.queries < 200) return
          clearInterval(timer)
          child.kill('SIGTERM')
        }, 20)
      },
    })
    const envelope = envelopeOf(ended)
    expect([envelope.exitCode, envelope.error?.code]).to.deep.equal([143, 'AIB_INTERRUPTED'])
    expect(envelope.data.sequential.ok).to.be.greaterThan(0)
    expect(chroma.collections()).to.deep.equal([])
  })

  it('that come twice at once are one: what was measured is kept', async () => {
    await using home = await vllmHome()
    await home.start()
    for (const pauseMs of [0, 20, 50]) {
      const ended = await home.shown(endless(), {
        during: inMidRun((child) => {
          child.kill('SIGINT')
          setTimeout(() => child.kill('SIGINT'), pauseMs)
        }),
      })
      const { envelope } = eventsOf(ended)
      expect([envelope.exitCode, envelope.error?.code, ended.signal]).to.deep.equal([
        ...[130, 'AIB_INTERRUPTED', null],
      ])
      expect(envelope.data.requests.ok).to.be.greaterThan(0)
    }
  })

  it('given again end at once, with the one object of --json', async () => {
    await using home = await vllmHome()
    await home.start()
    // The dataset never comes: the worker would be waited for.
    const fifo = join(home.path, 'prompts.jsonl')
    expect(spawnSync('mkfifo', [fifo]).status).to.equal(0)
    const args = ['vllm', 'bench', '--dataset', `custom:${fifo}`, '--num-prompts', '4', '--events']
    const ended = await home.shown(args, {
      during: when('stdout', /"phase":"dataset"/, 'SIGINT', 'SIGINT'),
    })
    const { envelope } = eventsOf(ended)
    expect([envelope.exitCode, envelope.error?.code, ended.signal]).to.deep.equal([
      ...[130, 'AIB_INTERRUPTED', null],
    ])
    expect(envelope.meta.durationMs).to.be.lessThan(20_000)
  })

  it('end a wait, which says what goes on and how to wait for it or end it', async () => {
    await using folder = await temporaryFolder()
    const options = await neverReady(folder.path)
    const run = (args: string[], more: Partial<CliOptions> = {}) =>
      aibench(args, { ...options, ...more } as CliOptions)
    const started = await run(['chroma', 'start', '--name', 'slow', '--wait'], {
      during: when('stderr', /submitted/, 'SIGINT'),
    })
    expect([started.code, started.stdout]).to.deep.equal([130, ''])
    expect(started.stderr)
      .to.include('stopping…; press Ctrl-C again to quit immediately')
      .and.to.include('Interrupted by Ctrl-C: slow is starting: it goes on')
      .and.to.include('aibench chroma check slow --wait')
      .and.to.include('aibench chroma stop slow')
    for (const args of [
      ['chroma', 'check', 'slow', '--wait'],
      ['wait', 'slow'],
      ['wait', 'slow', '--for', 'ended'],
    ])
      for (const [signal, code] of SIGNALS) {
        const ended = await run([...args, '--json'], {
          during: (child) => void setTimeout(() => child.kill(signal), 1_500),
        })
        const { exitCode, error, data } = envelopeOf(ended)
        expect([exitCode, error?.code], args.join(' ')).to.deep.equal([code, 'AIB_INTERRUPTED'])
        expect(error?.hints.join()).to.include('aibench chroma stop slow')
        expect(data).to.include({ name: 'slow', phase: 'starting' })
      }
    expect((await run(['chroma', 'stop', 'slow', '--force'])).code).to.equal(0)
  })

  it('leave what is only watched, without an error', async () => {
    await using folder = await temporaryFolder()
    const options = await neverReady(folder.path)
    const run = (args: string[], more: Partial<CliOptions> = {}) =>
      aibench(args, { ...options, ...more } as CliOptions)
    await run(['chroma', 'start', '--name', 'slow'])
    for (const args of [
      ['status', '--watch'],
      ['chroma', 'logs', 'slow', '-f'],
    ])
      for (const [signal, code] of SIGNALS) {
        const during = when('stdout', /slow|started/, signal)
        const { code: exitCode, stderr } = await run(args, { during })
        const expected = signal === 'SIGINT' ? 0 : code
        expect([exitCode, stderr], `${args.join(' ')} ${signal}`).to.deep.equal([expected, ''])
      }
    const followed = await run(['chroma', 'logs', 'slow', '-f', '--json'], {
      during: (child) => void setTimeout(() => child.kill('SIGINT'), 1_500),
    })
    const { ok, data } = envelopeOf(followed)
    expect([ok, data.text.includes('started')]).to.deep.equal([true, true])
    expect((await run(['chroma', 'stop', 'slow', '--force'])).code).to.equal(0)
  })
})
