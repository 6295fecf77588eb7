import { expect } from 'chai'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeJson } from '../../../../src/lib/platform/files.js'
import { systemProcesses } from '../../../../src/lib/platform/processes.js'
import { chat } from '../../../../src/lib/services/vllm/chat.js'
import { listModels } from '../../../../src/lib/services/vllm/models.js'
import { ROOT } from '../../../support/cli.js'
import { contextWith, jobWith, type FakeContext } from '../../../support/context.js'
import { instanceWith } from '../../../support/instances.js'
import { quickSimulator } from '../../../support/sse-client.js'
import { rejection } from '../../../support/surroundings.js'

const options = {
  ...{ model: null, revision: null, modelDir: null, servedName: null, dtype: null },
  ...{ maxModelLen: null, tensorParallel: null, pipelineParallel: null, gpusPerNode: null },
  ...{ vllmArgs: [], hfTokenFile: null, image: null, venv: null },
  ...{ distributed: 'auto', expose: false, simulate: {} },
}

/** A ready instance on a node that is not this one, whose loopback is reached by a program beside it. */
async function elsewhere(): Promise<
  AsyncDisposable & { context: FakeContext; lines: string[]; runDir: string }
> {
  const runDir = `/tmp/aibench-test-run-${process.pid}`
  const place = { scheme: 'http' as const, host: '127.0.0.1', port: 0, node: 'mel0001' }
  const instance = instanceWith({
    ...{ name: 'vllm', service: 'vllm', scheduler: 'slurm', jobId: '4812345' },
    ...{ runDir, options, endpoint: place },
  })
  await mkdir(runDir, { recursive: true, mode: 0o700 })
  await writeFile(join(runDir, 'api.token'), 'secret\n', { mode: 0o600 })
  const simulator = await quickSimulator({ apiKeyFile: join(runDir, 'api.token') })
  const port = Number(new URL(simulator.url).port)
  const times = { startedAt: '2026-11-24T10:15:02.000Z', ip: '127.0.0.1', pid: 1 }
  const known = { jobId: '4812345', token: instance.token }
  await writeJson(join(runDir, 'endpoint.json'), { ...place, ...times, ...known, port })
  instance.members.vllm.endpoint!.port = port
  const context = await contextWith([instance])
  context.scripted.jobs.push(jobWith({ nodes: ['mel0001'] }))
  const lines: string[] = []
  context.scripted.step = (_, [node, , service, file]) => {
    lines.push([node, service, file].join(' '))
    return [node, '--import', 'tsx', `${ROOT}src/lib/app/beside-main.ts`, service, file]
  }
  context.processes = systemProcesses
  return {
    context,
    lines,
    runDir,
    async [Symbol.asyncDispose]() {
      await simulator[Symbol.asyncDispose]()
      await context[Symbol.asyncDispose]()
      const { rm } = await import('node:fs/promises')
      await rm(runDir, { recursive: true })
    },
  }
}

describe('a question to a server on another node', () => {
  it('is asked beside it: answered as it comes, with nothing of it in a command line', async () => {
    await using site = await elsewhere()
    const pieces: string[] = []
    let mode = 0
    const { step } = site.context.scripted
    site.context.scripted.step = (job, argv) => {
      void stat(argv[3]).then((found) => (mode = found.mode & 0o777))
      return step(job, argv)
    }
    const report = await chat(site.context, {
      prompt: 'a private matter',
      maxTokens: 5,
      write: (text) => void pieces.push(text),
    })
    expect(pieces).to.have.lengthOf(5)
    expect(pieces.join('')).to.equal(report.text)
    expect(report).to.include({ outputTokens: 5, simulated: true })
    expect(site.lines.join()).to.not.match(/private|secret/)
    expect(mode).to.equal(0o600)
    expect(await readdir(site.runDir)).to.have.members(['api.token', 'endpoint.json'])
  })

  it('names its models', async () => {
    await using site = await elsewhere()
    expect((await listModels(site.context)).models[0].id).to.equal('simulated')
  })

  it('brings back what was refused as the same error', async () => {
    await using site = await elsewhere()
    await writeFile(join(site.runDir, 'api.token'), 'wrong\n', { mode: 0o600 })
    const error = await rejection(listModels(site.context))
    expect(error).to.include({ code: 'AIB_TOKEN_REFUSED', exitCode: 3 })
  })

  it('that can’t be asked there says what srun said', async () => {
    await using site = await elsewhere()
    site.context.scripted.step = () => ['sh', '-c', 'echo "srun: error: Unable to create step" >&2']
    const error = await rejection(listModels(site.context))
    expect(error).to.include({ exitCode: 7, evidence: 'srun: error: Unable to create step' })
    expect(await readFile(join(site.runDir, 'api.token'), 'utf8')).to.equal('secret\n')
  })
})

describe('a question to a server that is not ready', () => {
  for (const [phase, exitCode, hint] of [
    ['starting', 8, 'aibench vllm check vllm --wait'],
    ['ended', 4, 'aibench status'],
  ] as const)
    it(`waits for nothing while it is ${phase}`, async () => {
      const known = { name: 'vllm', service: 'vllm', options, phase, endpoint: null }
      await using context = await contextWith([instanceWith(known)])
      if (phase === 'starting') context.scripted.jobs.push(jobWith())
      const error = await rejection(listModels(context))
      expect(error).to.include({ exitCode })
      expect(error.hints).to.include(hint)
    })
})
