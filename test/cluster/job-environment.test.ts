import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { Cluster } from './cluster.js'

const USER_HOME = '/home/aibtest'
const PROFILES = ['.profile', '.bash_profile', '.bashrc', '.bash_login']

describe('the environment of a job on a real Slurm cluster', function () {
  this.timeout(240_000)
  const cluster = Cluster.forTests()
  /** A "vLLM" that says what it was given, and ends. */
  const venv = () => join(cluster.home, 'venv')

  beforeEach(() => {
    mkdirSync(join(venv(), 'bin'), { recursive: true })
    writeFileSync(join(venv(), 'bin/vllm'), '#!/bin/bash\nenv -0 >"$PWD/seen"\nexit 3\n')
    chmodSync(join(venv(), 'bin/vllm'), 0o755)
    const model = join(cluster.home, 'model')
    mkdirSync(model)
    writeFileSync(join(model, 'config.json'), '{"architectures":["X"]}')
    for (const name of ['tokenizer.json', 'model.safetensors']) writeFileSync(join(model, name), '')
    spawnSync('chown', ['-R', 'aibtest', cluster.home])
  })
  afterEach(() => {
    for (const name of PROFILES) rmSync(join(USER_HOME, name), { force: true })
  })

  function profile(...lines: string[]): void {
    for (const name of PROFILES)
      writeFileSync(join(USER_HOME, name), lines.map((line) => `${line}\n`).join(''))
  }

  /** Starts, and gives what the server saw in its environment. */
  async function seen(env: Record<string, string>, ...args: string[]) {
    const model = ['--model-dir', join(cluster.home, 'model'), '--venv', venv()]
    const { data } = await cluster.json(
      ['vllm', 'start', ...model, '--wait', '--timeout', '120s', '--time', '10m', ...args],
      { env },
    )
    const { instance } = data as { instance: InstanceReport }
    const text = readFileSync(join(instance.runDir, 'seen'), 'utf8')
    const variables = text
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
    const record = JSON.parse(readFileSync(join(instance.runDir, 'job.json'), 'utf8'))
    return {
      runDir: instance.runDir,
      variables: Object.fromEntries(variables) as Record<string, string>,
      settings: record.provenance.settings as Record<string, string>,
    }
  }

  it('is what was asked for, whatever the login profile exports, prints or waits for', async () => {
    profile(
      'echo "Welcome to the Example Supercomputer"',
      'export FROM_PROFILE=yes VLLM_LOGGING_LEVEL=DEBUG LC_ALL=xx_YY',
      'sleep 400',
    )
    const { variables, settings } = await seen({
      ...{ FROM_SHELL: 'yes', MY_TOKEN: 'hunter2', LC_ALL: 'C.UTF-8', NCCL_DEBUG: 'INFO' },
      SLURM_CONF: join(cluster.dir, 'slurm.conf'),
    })
    expect(variables).to.not.have.any.keys('FROM_PROFILE', 'FROM_SHELL', 'MY_TOKEN')
    expect(variables).to.not.have.property('VLLM_LOGGING_LEVEL')
    expect(variables).to.include({ LC_ALL: 'C.UTF-8', NCCL_DEBUG: 'INFO', HOME: USER_HOME })
    expect(variables).to.not.have.property('SLURM_GET_USER_ENV')
    expect(Object.keys(settings)).to.deep.equal(['NCCL_DEBUG'])
  })

  it('has no locale where the user has none', async () => {
    const { variables } = await seen({})
    expect(variables).to.not.have.property('LC_ALL')
  })

  it('gets more by --env, --env-file and --prologue, whose copy stays with the run', async () => {
    const file = join(cluster.home, 'env')
    writeFileSync(file, 'FROM_FILE=a "b" $c\n')
    const prologue = join(cluster.home, 'prologue.sh')
    writeFileSync(
      prologue,
      'echo loading; export FROM_PROLOGUE="$FROM_FILE!"\nPATH=/opt/x:$PATH\nunset LANG\nPHASE=none\n',
    )
    for (const path of [file, prologue]) chmodSync(path, 0o644)
    const { variables, settings, runDir } = await seen(
      { http_proxy: 'http://proxy:3128', LANG: 'C' },
      ...['--env', 'http_proxy', '--env', 'MINE=1 2', '--env-file', file, '--prologue', prologue],
    )
    expect(variables).to.include({
      ...{ http_proxy: 'http://proxy:3128', MINE: '1 2', FROM_FILE: 'a "b" $c' },
      FROM_PROLOGUE: 'a "b" $c!',
    })
    expect(variables.PATH).to.match(/^\/opt\/x:/)
    expect(variables).to.not.have.property('LANG')
    expect(Object.keys(settings)).to.deep.equal(['FROM_FILE', 'http_proxy', 'MINE'])
    expect(JSON.stringify(settings)).to.not.include('proxy:3128')
    expect(readFileSync(join(runDir, 'prologue.sh'), 'utf8')).to.equal(
      readFileSync(prologue, 'utf8'),
    )
  })

  it('says that a prologue failed, and starts nothing after it', async () => {
    const prologue = join(cluster.home, 'prologue.sh')
    writeFileSync(prologue, 'echo no such module >&2\nfalse\n')
    chmodSync(prologue, 0o644)
    const model = ['--model-dir', join(cluster.home, 'model'), '--venv', venv()]
    const { code, stdout } = await cluster.run([
      ...[
        'vllm',
        'start',
        ...model,
        '--wait',
        '--timeout',
        '60s',
        '--prologue',
        prologue,
        '--json',
      ],
    ])
    expect(code).to.equal(6)
    expect(stdout).to.include('prologue')
  })

  it('is reached by the interface that was named, which is proven before it is told', async () => {
    const start = (...more: string[]) => [
      ...['vllm', 'start', '--simulate', '--expose', '--wait', '--timeout', '60s', ...more],
    ]
    const { data, ok, error } = await cluster.json(start('--interface', '10.78.0.0/24'))
    expect(ok, JSON.stringify(error)).to.equal(true)
    const { exposed } = (data.instance as InstanceReport).endpoint!
    expect(exposed?.url).to.match(/^http:\/\/10\.78\.0\.1\d:\d+$/)
    expect(exposed).to.deep.include({ unreachedFrom: [], reachedFrom: [hostname()] })
    await cluster.json(['vllm', 'stop'])
    const wrong = await cluster.json(start('--interface', 'nosuch0'))
    expect(wrong.exitCode).to.equal(6)
    expect(JSON.stringify(wrong.error)).to.include('the node has no such interface')
  })

  it('goes over the route towards the host of the submission where nothing is named', async () => {
    const { data } = await cluster.json(['vllm', 'start', '--simulate', '--wait'])
    const { runDir } = data.instance as InstanceReport
    expect(readFileSync(join(runDir, 'stdout.log'), 'utf8')).to.match(
      /^IP ADDRESS: 10\.78\.0\.1\d$/m,
    )
  })
})
