import { expect } from 'chai'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterKey } from '../../../src/lib/platform/slurm-conf.js'
import { NameCache } from '../../../src/lib/platform/name-cache.js'
import { aibench, ROOT } from '../../support/cli.js'
import { needs } from '../../support/require.js'
import { clock, environmentIn, temporaryFolder } from '../../support/surroundings.js'

describe('completion', () => {
  async function answers(home: string, ...words: string[]): Promise<string[]> {
    const { stdout, stderr } = await aibench(['__complete', 'bash', ...words], { home })
    expect(stderr).to.equal('')
    return stdout.split('\n').filter(Boolean)
  }

  it('knows commands, flags, their values and settings', async () => {
    await using home = await temporaryFolder()
    for (const [line, expected] of [
      ['chr', ['chroma']],
      ['chroma st', ['start', 'stop']],
      ['help exit', ['exit-codes']],
      ['chroma start --prof', ['--profile']],
      ['chroma start --profile ', ['default', 'tuned']],
      ['chroma start --profile=t', ['--profile=tuned']],
      ['chroma bench --dataset cl', ['clustered']],
      ['vllm bench --dataset json', ['json', 'json-schema', 'json-unique']],
      ['vllm bench --dataset share', ['sharegpt:']],
      ['vllm bench --endpoint ', ['chat', 'completions']],
      ['vllm bench --arrival g', ['gamma']],
      ['vllm bench --save-as ', ['csv:', 'vllm:']],
      ['vllm start --distributed ', ['auto', 'ray', 'native']],
      ['help met', ['metrics']],
      ['config get slurm.t', ['slurm.time']],
      ['config set scheduler ', ['local', 'slurm']],
      ['config list ', []],
      ['vllm bench --slo ', []],
      ['vllm bench --name ', []],
      ['chroma start --time ', []],
      ['vllm start --image ', [':files']],
      ['vllm start --model-dir ', [':files']],
      ['vllm save -o ', [':files']],
      ['lustre in', ['ini']],
      ['lustre ini ', ['check', 'new', 'show']],
      ['lustre ini check ', [':files']],
      ['lustre ini new --preset s', ['scc', 'submission']],
      ['lustre ini new find.npro', ['find.nproc=']],
      ['lustre ini new find.nproc=1 find.npro', ['find.nproc=']],
      ['nonsense ', []],
    ] as const)
      expect(await answers(home.path, ...line.split(' ')), line).to.deep.equal(expected)
  })

  it('knows instances of the service, runs, and partitions that were seen', async () => {
    await using home = await temporaryFolder()
    const instances = {
      a: { name: 'small', service: 'chroma', phase: 'ready' },
      b: { name: 'other', service: 'vllm', phase: 'ready' },
      c: { name: 'not for $(a shell)', service: 'chroma', phase: 'ready' },
    }
    const state = { schemaVersion: 1, instances, runs: { '20261124-aa11': {} } }
    await writeFile(join(home.path, 'state.json'), JSON.stringify(state))
    const environment = environmentIn(home.path)
    await mkdir(environment.cacheDir)
    await new NameCache(environment, `partitions-${clusterKey(environment)}`).write(['cpu', 'gpu'])
    expect(await answers(home.path, 'chroma', 'check', '')).to.deep.equal(['small'])
    expect(await answers(home.path, 'chroma', 'check', '--timeout', '5m', '')).to.have.lengthOf(1)
    expect(await answers(home.path, 'chroma', 'check', 'small', '')).to.deep.equal([])
    expect(await answers(home.path, 'vllm', 'bench', '')).to.deep.equal(['other'])
    expect(await answers(home.path, 'vllm', 'chat', '--name', '')).to.deep.equal(['other'])
    expect(await answers(home.path, 'wait', '')).to.deep.equal(['other', 'small'])
    expect(await answers(home.path, 'runs', 'show', '')).to.deep.equal(['20261124-aa11'])
    expect(await answers(home.path, 'chroma', 'start', '-p', 'g')).to.deep.equal(['gpu'])
  })

  it('says what a word means to shells that show it, and lists the newest run first', async () => {
    await using home = await temporaryFolder()
    const runs = {
      aa11: { startedAt: '2026-11-24T10:00:00.000Z', service: 'vllm', verdict: 'ok' },
      zz99: { startedAt: '2026-11-25T10:00:00.000Z', service: 'chroma', verdict: 'late' },
    }
    await writeFile(join(home.path, 'state.json'), JSON.stringify({ instances: {}, runs }))
    const lines = async (shell: string, ...words: string[]) =>
      (await aibench(['__complete', shell, ...words], { home: home.path })).stdout.split('\n')
    for (const shell of ['zsh', 'fish']) {
      expect(await lines(shell, 'runs', 'show', '')).to.deep.equal([
        'zz99\t2026-11-25 10:00 chroma late',
        'aa11\t2026-11-24 10:00 vllm ok',
        '',
      ])
      expect((await lines(shell, 'vllm', 'bench', '--rat')).join()).to.match(/^--rate\tOpen loop/)
    }
    expect(await lines('bash', 'runs', 'show', '')).to.deep.equal(['zz99', 'aa11', ''])
  })

  it('is silent when the state file is broken', async () => {
    await using home = await temporaryFolder()
    await writeFile(join(home.path, 'state.json'), '{"instances":')
    expect(await answers(home.path, 'chroma', 'check', '')).to.deep.equal([])
  })

  it('keeps partitions for a day', async () => {
    await using home = await temporaryFolder()
    const environment = environmentIn(home.path)
    const cache = new NameCache(environment, 'partitions')
    expect(cache.isFresh(new Date())).to.equal(false)
    await cache.write(['cpu'])
    expect(cache.isFresh(new Date())).to.equal(true)
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000)
    await utimes(join(environment.cacheDir, 'partitions.json'), twoDaysAgo, twoDaysAgo)
    expect(cache.isFresh(new Date())).to.equal(false)
  })

  // Typed into the real shell on a terminal: what the TABs made of it must run.
  for (const [shell, command, setUp] of [
    ['bash', 'bash --norc --noprofile -i', 'eval "$(aibench completion bash)"'],
    ['zsh', 'zsh -f -i', 'autoload -U compinit; compinit -u -D; eval "$(aibench completion zsh)"'],
    ['fish', 'fish --no-config -i', 'aibench completion fish | source'],
  ] as const)
    it(`works in ${shell}`, async function () {
      const missing = ['script', shell].filter((name) => spawnSync('which', [name]).status !== 0)
      needs(this, 'shells', missing.length === 0, `not installed: ${missing.join(' ')}`)
      await using home = await temporaryFolder()
      await mkdir(join(home.path, 'bin'))
      await symlink(join(ROOT, 'bin/run.js'), join(home.path, 'bin/aibench'))
      const terminal = spawn('script', ['-qec', command, '/dev/null'], {
        env: {
          PATH: `${join(home.path, 'bin')}:${process.env.PATH}`,
          HOME: home.path,
          AIBENCH_HOME: home.path,
          TERM: 'dumb',
        },
      })
      let shown = ''
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
      for (const keys of [`${setUp}\n`, 'aibench sta', 'te\tpa\t', '--qui\t', '\n']) {
        terminal.stdin.write(keys)
        await clock.sleep(1_000)
      }
      terminal.kill('SIGKILL')
      await once(terminal, 'close')
      expect(shown).to.include(`\n${home.path}/state.json`)
    })
})
