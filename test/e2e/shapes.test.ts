import { expect } from 'chai'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkInstance } from '../../src/lib/jobs/check.js'
import type { Member } from '../../src/lib/jobs/contract.js'
import { readLogs } from '../../src/lib/jobs/logs.js'
import { startInstance } from '../../src/lib/jobs/start.js'
import { listInstances } from '../../src/lib/jobs/status.js'
import { stopInstance } from '../../src/lib/jobs/stop.js'
import { authorizationOf } from '../../src/lib/jobs/token-files.js'
import { systemProcesses } from '../../src/lib/platform/processes.js'
import { ROOT } from '../support/cli.js'
import { askFor, here, startOf } from '../support/local-toys.js'
import { clock, rejection } from '../support/surroundings.js'
import { toyBatch, toyStack } from '../support/toys.js'

const PROGRESS = `echo '{"text":"1 of 2","share":0.5}' >progress.json; echo working`

describe('a job that is the benchmark', function () {
  this.timeout(120_000)

  it('is started, waited for until it is done, and its result is on record', async () => {
    const { batch, collected } = toyBatch()
    await using context = await here(batch, ['bash', '-c', PROGRESS])
    const { instance } = await startInstance(context, startOf('toybatch', true))
    expect(instance).to.include({ summary: 'completed', lastResult: '42 things/s' })
    expect(instance.outcome).to.include({ kind: 'completed', exitCode: 0 })
    expect(collected).to.deep.equal(['completed'])
    const { runs } = await context.state.read()
    expect(runs[instance.id]).to.include({ job: instance.id, verdict: 'ok' })
  })

  it('that fails is told with its exit code, and the start that waits fails with 6', async () => {
    const { batch, collected } = toyBatch()
    await using context = await here(batch, ['bash', '-c', 'exit 3'])
    const error = await rejection(startInstance(context, startOf('toybatch', true)))
    expect(error).to.include({ exitCode: 6 })
    expect(error.message).to.include('it failed, exit code 3')
    expect(collected).to.deep.equal(['exit'])
  })

  it('says how far it is, and is stopped', async () => {
    const { batch, collected } = toyBatch()
    await using context = await here(batch, ['bash', '-c', `${PROGRESS}; exec sleep 60`])
    await startInstance(context, startOf('toybatch', false))
    let report = await checkInstance(context, askFor('toybatch'))
    for (let i = 0; i < 300 && report.progress === null; i++) {
      await clock.sleep(100)
      report = await checkInstance(context, askFor('toybatch'))
    }
    expect(report).to.deep.include({
      summary: 'running',
      progress: { text: '1 of 2', share: 0.5 },
    })
    const { outcome } = await stopInstance(context, askFor('toybatch'))
    expect(outcome).to.include({ kind: 'cancelled', summary: 'stopped by aibench stop' })
    expect(collected).to.deep.equal(['stopped'])
  })

  it('killed with its script leaves no receipt, and is collected all the same', async () => {
    const { batch, collected } = toyBatch()
    await using context = await here(batch, ['sleep', '60'])
    const { instance } = await startInstance(context, startOf('toybatch', false))
    for (let i = 0; i < 300 && (await sizeOf(join(instance.runDir, 'stdout.log'))) === 0; i++)
      await clock.sleep(100)
    const { outcome } = await stopInstance(context, { ...askFor('toybatch'), force: true })
    expect(outcome!.kind).to.equal('cancelled')
    expect(collected).to.deep.equal([undefined])
  })
})

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** The servers of the script `toy-stack.sh`: a page that asks for a password, a store, and a collector that may end. */
function membersOfScript(): Member[] {
  return (['page', 'store', 'collector'] as const).map((name) => ({
    name,
    title: `The ${name}`,
    critical: name !== 'collector',
    ...(name === 'page' ? { secret: { kind: 'basic' as const, file: 'page.token' } } : {}),
    callPath: '/',
    probe: async (http, { url, tokenFile }) => {
      const headers: Record<string, string> = {}
      if (tokenFile) headers.authorization = await authorizationOf(tokenFile, 'basic')
      const { status } = await http.call('GET', `${url}/`, {
        headers,
        timeoutMs: 10_000,
      })
      return { ready: status === 200, detail: `says ${status}` }
    },
  }))
}

describe('a job of several servers', function () {
  this.timeout(120_000)

  it('is ready, lives on without one, shows the log of each, and is stopped', async () => {
    const { stack, done } = toyStack()
    stack.members = membersOfScript
    const server = join(ROOT, 'test/fixtures/slurm/toy-server.mjs')
    await using context = await here(stack, [process.execPath, server])
    const { instance } = await startInstance(context, startOf('toystack', true))
    const { summary, members, runDir } = await checkInstance(context, askFor('toystack'))
    expect(summary).to.equal('ready')
    expect(members.map(({ state }) => state)).to.deep.equal(['ready', 'ready', 'ready'])
    expect(done).to.deep.equal(['toystack is ready'])
    const [command, ...args] = members[0].call!.replace('curl', 'curl -s').split(' ')
    expect(args.join(' ')).to.include(`@${runDir}/page.header `)
    const pasted = await systemProcesses.run(command, args, { timeoutMs: 20_000 })
    expect(pasted.stdout).to.equal('page')

    const file = join(runDir, 'endpoint.collector.json')
    const { pid } = JSON.parse(await readFile(file, 'utf8')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    let report = await checkInstance(context, askFor('toystack'))
    for (let i = 0; i < 300 && report.members[2].state !== 'failed'; i++) {
      await clock.sleep(100)
      report = await checkInstance(context, askFor('toystack'))
    }
    expect(report).to.include({ summary: 'ready', detail: 'The collector ended by signal KILL' })

    let text = ''
    await readLogs(context, {
      ...{ service: 'toystack', name: 'store', stream: 'stdout', lines: 5, follow: false },
      write: (piece) => void (text += piece),
    })
    expect(text).to.equal('store is there\n')
    const stopped = await stopInstance(context, askFor('toystack'))
    expect(stopped).to.include({ how: 'stopped', portClosed: true })
    expect(done).to.deep.equal(['toystack is ready', 'toystack has ended'])
    const { instances } = await listInstances(context, { all: true })
    expect(instances[0]).to.include({ id: instance.id, summary: 'ended', tunnel: null })
  })
})
