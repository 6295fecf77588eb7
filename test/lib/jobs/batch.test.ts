import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { checkInstance, waitFor } from '../../../src/lib/jobs/check.js'
import { pruneInstances } from '../../../src/lib/jobs/prune.js'
import { readLogs } from '../../../src/lib/jobs/logs.js'
import { untilReady } from '../../../src/lib/jobs/ready.js'
import { saveInstance } from '../../../src/lib/jobs/save.js'
import { listInstances } from '../../../src/lib/jobs/status.js'
import { stopInstance } from '../../../src/lib/jobs/stop.js'
import { collectEnded } from '../../../src/lib/jobs/collect.js'
import { benchmarkKind } from '../../../src/lib/app/catalog.js'
import { listRuns, showRun } from '../../../src/lib/benchmarks/runs.js'
import type { OutcomeKind } from '../../../src/lib/scheduler/contract.js'
import { jobWith, type FakeContext } from '../../support/context.js'
import { vectorResult } from '../../support/vector-result.js'
import { rejection } from '../../support/surroundings.js'
import { atRealTime, contextOf, receiptOf, toyBatch } from '../../support/toys.js'

const recordOf = async (context: FakeContext) => (await context.state.read()).instances.k3f9
const request = { service: 'toybatch', wait: false, timeoutMs: 60_000 }

function ends(context: FakeContext, kind: OutcomeKind, restarts = 0): void {
  const outcome = { kind, exitCode: kind === 'completed' ? 0 : null, signal: null }
  context.scripted.jobs = [jobWith({ state: 'ended', rawState: 'CD', outcome, restarts })]
}

describe('a batch job', () => {
  it('runs, and says how far it is from its files', async () => {
    await using context = await contextOf(toyBatch().batch)
    context.scripted.jobs = [jobWith()]
    await context.leaves('progress.json', { text: '2 of 4 parts', share: 0.5 })
    const report = await checkInstance(context, request)
    expect(report).to.deep.include({
      ...{ shape: 'batch', phase: 'running', summary: 'running', detail: '2 of 4 parts' },
      ...{ endpoint: null, tunnel: null, sshConfig: null, call: null, members: [] },
      progress: { text: '2 of 4 parts', share: 0.5 },
    })
    expect(report.next).to.deep.equal([
      'aibench toybatch check toybatch --wait',
      'aibench toybatch logs toybatch -f',
      'aibench toybatch stop toybatch',
    ])
  })

  it('that has ended offers what there is to read of it', async () => {
    for (const kind of ['completed', 'failed'] as const) {
      await using context = await contextOf({ ...toyBatch().batch, whenEnded: ['explain'] })
      await context.leaves('receipt.json', receiptOf(kind === 'completed' ? 'completed' : 'exit'))
      ends(context, kind)
      const { next } = await checkInstance(context, request)
      expect(next[0]).to.equal('aibench toybatch explain toybatch')
    }
  })

  it('whose result is of a kind of benchmark is shown as that, days later too', async () => {
    const batch = { ...toyBatch().batch, bench: { kind: 'vectors' } }
    await using context = await contextOf(batch)
    await context.leaves('result.json', vectorResult({ runId: 'k3f9' }))
    await context.leaves('receipt.json', receiptOf('completed'))
    ends(context, 'completed')
    const run = await showRun(context, benchmarkKind)
    expect(run).to.deep.include({
      job: 'k3f9',
      verdict: 'ok',
      result: vectorResult({ runId: 'k3f9' }),
    })
  })

  it('is waited for until it is done, and then its result is there', async () => {
    const { batch, collected } = toyBatch()
    await using context = await contextOf(batch)
    context.scripted.jobs = [jobWith()]
    const sleep = context.clock.sleep.bind(context.clock)
    let naps = 0
    context.clock.sleep = async (ms, signal) => {
      if (++naps === 50) {
        await context.leaves('receipt.json', receiptOf('completed'))
        ends(context, 'completed')
      }
      return sleep(ms, signal)
    }
    const report = await waitFor(context, { name: 'toybatch', until: 'ready', timeoutMs: 60_000 })
    expect(report).to.include({ phase: 'ended', summary: 'completed', lastResult: '42 things/s' })
    expect(report.outcome).to.include({ kind: 'completed', exitCode: 0, summary: 'completed' })
    expect(collected).to.deep.equal(['completed'])
    expect(
      (await listRuns(context, benchmarkKind)).map(({ job, verdict }) => [job, verdict]),
    ).to.deep.equal([['k3f9', 'ok']])
  })

  it('that fails while it is waited for is a failed job: exit 6', async () => {
    const { batch, collected } = toyBatch()
    await using context = await contextOf(batch)
    await context.leaves('receipt.json', receiptOf('exit', { exitCode: 3 }))
    ends(context, 'failed')
    const error = await rejection(untilReady(context, context.instance, 60_000))
    expect(error).to.include({ exitCode: 6 })
    expect(error.message).to.equal('The job ended before it was done: it failed, exit code 3.')
    expect(collected).to.deep.equal(['exit'])
  })

  for (const [title, cause, kind, summary, told] of [
    ['at its limit', 'time-limit', 'completed', 'failed', 'the time limit was reached'],
    ['killed by Slurm', undefined, 'out-of-memory', 'failed', 'the job went over its memory'],
    ['by somebody’s cancel', undefined, 'cancelled', 'ended', 'the job was cancelled from outside'],
    ['by itself, with 3', 'exit', 'failed', 'failed', 'it failed, exit code 3'],
    ['done', 'completed', 'completed', 'completed', 'completed'],
  ] as const)
    it(`that ended ${title} is told as that, and collected once`, async () => {
      const { batch, collected } = toyBatch()
      await using context = await contextOf(batch)
      const exitCode = cause === 'exit' ? 3 : 0
      if (cause) await context.leaves('receipt.json', receiptOf(cause, { exitCode }))
      ends(context, kind)
      const { instances } = await listInstances(context, { all: true })
      expect([instances[0].summary, instances[0].outcome!.summary]).to.deep.equal([summary, told])
      await listInstances(context, { all: true })
      await checkInstance(context, request)
      expect(collected).to.deep.equal([cause])
    })

  for (const [title, see] of [
    ['status', (context) => listInstances(context, { all: false })],
    ['check', (context) => checkInstance(context, request)],
    ['runs list', (context) => listRuns(context, benchmarkKind)],
    [
      'logs',
      (context) =>
        readLogs(context, {
          ...{ service: 'toybatch', stream: 'stdout', lines: 1, follow: false },
          write: () => undefined,
        }),
    ],
    [
      'save',
      (context) =>
        saveInstance(context, { service: 'toybatch', out: `${context.folder}/x.zip`, force: true }),
    ],
    ['stop', (context) => stopInstance(context, { ...request, force: false })],
  ] as [string, (context: FakeContext) => Promise<unknown>][])
    it(`that ended days ago, when nobody looked, is collected by ${title}, once`, async () => {
      const { batch, collected } = toyBatch()
      await using context = await contextOf(batch)
      await context.leaves('receipt.json', receiptOf('completed'))
      await context.leaves('stdout.log', {})
      await context.clock.sleep(3 * 86_400_000)
      await see(context)
      await see(context)
      expect(collected).to.deep.equal(['completed'])
      expect(await recordOf(context)).to.include({ phase: 'ended', lastResult: '42 things/s' })
    })

  it('told to stop has not done what it was for', async () => {
    const { batch, collected } = toyBatch()
    await using context = await contextOf(batch)
    context.scripted.jobs = [jobWith()]
    context.scripted.cancel = async () => {
      await context.leaves('receipt.json', receiptOf('stopped', { exitCode: null }))
      ends(context, 'completed')
    }
    const report = await stopInstance(context, { ...request, force: false })
    expect(report).to.include({ how: 'stopped', killed: false })
    expect(report.outcome).to.include({ kind: 'cancelled', summary: 'stopped by aibench stop' })
    expect(collected).to.deep.equal(['stopped'])
  })

  it('that was requeued runs again: what its first life left is no end', async () => {
    const { batch, collected } = toyBatch()
    await using context = await contextOf(batch, { phase: 'running' })
    await context.leaves('receipt.json', receiptOf('stopped'))
    context.scripted.jobs = [jobWith({ state: 'pending', nodes: [], restarts: 1 })]
    await listInstances(context, { all: false })
    expect(await recordOf(context)).to.include({ phase: 'submitted', restarts: 1 })
    context.scripted.jobs = [jobWith({ restarts: 1 })]
    await listInstances(context, { all: false })
    expect(await recordOf(context)).to.include({ phase: 'running' })
    await context.leaves('receipt.json', receiptOf('completed', { restarts: 1 }))
    ends(context, 'completed', 1)
    await listInstances(context, { all: false })
    expect(await recordOf(context)).to.include({ phase: 'ended' })
    expect(collected).to.deep.equal(['completed'])
  })

  it('is not forgotten before its result is made', async () => {
    const { batch } = toyBatch()
    const { collect } = batch
    batch.collect = () => Promise.reject(new Error('not now'))
    await using context = await contextOf(batch)
    ends(context, 'failed')
    await listInstances(context, { all: false })
    const all = { olderThanMs: null, keep: 0, withRunDirectories: false, dryRun: false }
    expect((await pruneInstances(context, all)).kept).to.deep.equal([
      { name: 'toybatch', why: 'its result is not made yet' },
    ])
    batch.collect = collect
    await listInstances(context, { all: false })
    expect((await pruneInstances(context, all)).removed).to.have.lengthOf(1)
  })

  it('whose state is lost and rebuilt is not collected again', async () => {
    const { batch, collected } = toyBatch()
    await using context = await contextOf(batch)
    const { instance } = context
    const record = { schema: 'aibench/job/2', instance, argv: [], provenance: {} }
    await context.leaves('job.json', record)
    await context.leaves('receipt.json', receiptOf('completed'))
    ends(context, 'completed')
    await listInstances(context, { all: false })
    await writeFile(context.state.path, '{', { mode: 0o600 })
    const [report] = (await listInstances(context, { all: false })).instances
    expect([report.summary, collected.length]).to.deep.equal(['completed', 1])
    expect((await listRuns(context, benchmarkKind)).map(({ job }) => job)).to.deep.equal(['k3f9'])
  })

  it('never started leaves nothing to collect', async () => {
    const { batch, collected } = toyBatch()
    await using context = await contextOf(batch, { startedAt: null })
    ends(context, 'cancelled')
    await listInstances(context, { all: false })
    await collectEnded(context)
    expect(collected).to.deep.equal([])
  })
})

describe('a result that can not be made yet', () => {
  it('is told of, keeps nobody from seeing the rest, and is made by the next command', async () => {
    const { batch, collected } = toyBatch()
    const { collect } = batch
    let failures = 1
    batch.collect = async (...given) => {
      if (failures-- > 0) throw new Error('the file server does not answer')
      return collect(...given)
    }
    await using context = await contextOf(batch)
    await context.leaves('receipt.json', receiptOf('completed'))
    ends(context, 'completed')
    const [first] = (await listInstances(context, { all: false })).instances
    expect([first.summary, first.lastResult]).to.deep.equal(['completed', null])
    expect(context.warnings.join()).to.include('the file server does not answer')
    const [second] = (await listInstances(context, { all: false })).instances
    expect(second.lastResult).to.equal('42 things/s')
    expect(collected).to.have.lengthOf(1)
  })

  it('is made by one of several commands that see the end at once', async () => {
    const { batch, collected } = toyBatch()
    await using context = await contextOf(batch)
    await context.leaves('receipt.json', receiptOf('completed'))
    ends(context, 'completed')
    atRealTime(context)
    await Promise.all(Array.from({ length: 5 }, () => listInstances(context, { all: false })))
    expect(collected).to.have.lengthOf(1)
  })
})
