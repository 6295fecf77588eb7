import { expect } from 'chai'
import type { Resources } from '../../../src/lib/scheduler/contract.js'
import type { Target } from '../../../src/lib/benchmarks/target.js'
import { ownAllocation, asStep } from '../../../src/lib/benchmarks/placement.js'
import type { AibenchError } from '../../../src/lib/platform/errors.js'
import { contextWith, jobWith, type FakeContext } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'

const OPTIONS = {
  ...{ model: 'organisation/name', revision: null, modelDir: null, servedName: null, dtype: null },
  ...{ maxModelLen: null, tensorParallel: null, pipelineParallel: null, gpusPerNode: 4 },
  ...{ vllmArgs: [], hfTokenFile: null, image: null, venv: null, distributed: 'auto' },
  ...{ expose: false, simulate: null },
}
const WORKER = ['node', 'worker.js']
const EXPOSED = { host: '10.0.0.7', port: 8443 }
const SPREAD = { nodes: 2, clients: 4 }

/** A server on a node, with its gate on the node's address unless `exposed` is undefined. */
function target(exposed: typeof EXPOSED | undefined = EXPOSED): Target {
  const endpoint = {
    ...{ jobId: '4812345', token: 'aibench:0123', restarts: 0, scheme: 'http', pid: 7 },
    ...{ host: '127.0.0.1', port: 39857, node: 'mel0001', ip: '10.0.0.7', closed: false },
    ...{ startedAt: '2026-11-24T10:15:02.000Z', exposed },
  } as const
  const instance = instanceWith({
    ...{ service: 'vllm', name: 'llama', scheduler: 'slurm', jobId: '4812345', endpoint },
    options: OPTIONS,
  })
  const job = jobWith({ partition: 'gpu', qos: 'short' })
  return {
    ...{
      label: 'llama',
      subject: 'name',
      url: 'http://127.0.0.1:39857',
      observation: { instance, job, endpoints: { vllm: endpoint } },
    },
    ...{ beside: (argv) => ['srun', ...argv], serverPid: 7, tokenFile: '/run/api.token' },
    ...{ server: null, headers: [], path: 'loopback', simulated: false },
  } as Target
}

/** With what the scheduler was asked for. */
async function onSlurm() {
  const context = await contextWith()
  const asked: Resources[] = []
  context.scripted.ownAllocation = (argv, resources) => {
    asked.push(resources)
    return ['srun', ...argv]
  }
  context.scripted.step = (_, argv, where) => [`node${where?.onNode}`, ...argv]
  return Object.assign(context, { asked })
}

function refusal(context: FakeContext, aim: Target, spread = SPREAD): AibenchError {
  try {
    ownAllocation(context, { target: aim, bench: 'aibench vllm bench' }, WORKER, spread)
  } catch (error) {
    return error as AibenchError
  }
  return expect.fail('it was accepted')
}

describe('workers beside the server', () => {
  it('reach it over its loopback, with its own token', () => {
    expect(asStep(target(), WORKER)).to.deep.equal({
      ...{ lead: ['srun', 'node', 'worker.js'], followers: [], serverPid: 7, path: 'loopback' },
      ...{ url: 'http://127.0.0.1:39857', tokenFile: '/run/api.token' },
    })
  })
})

describe('workers on nodes of their own', () => {
  it('reach it through the gate, with the gate’s token, and the result will say so', async () => {
    await using context = await onSlurm()
    const place = ownAllocation(
      context,
      { target: target(), bench: 'aibench vllm bench' },
      WORKER,
      SPREAD,
    )
    expect(place).to.include({ url: 'http://10.0.0.7:8443', path: 'gate', serverPid: null })
    expect(place.tokenFile).to.match(/gate\.token$/)
  })

  it('are spread over them in turn, beginning with the lead', async () => {
    await using context = await onSlurm()
    const { lead, followers } = ownAllocation(
      context,
      { target: target(), bench: 'aibench vllm bench' },
      WORKER,
      SPREAD,
    )
    expect(lead).to.deep.equal(['srun', ...WORKER])
    expect(followers.map(([node]) => node)).to.deep.equal(['node1', 'node0', 'node1'])
  })

  it('are billed to the user’s account, in the partition of the server, and ask for no GPUs', async () => {
    await using context = await onSlurm()
    context.settings.get = (name) => (name === 'slurm.account' ? 'p200981' : undefined)
    ownAllocation(context, { target: target(), bench: 'aibench vllm bench' }, WORKER, SPREAD)
    expect(context.asked[0]).to.include({
      ...{ nodes: 2, account: 'p200981', partition: 'gpu', qos: 'short' },
    })
    expect(context.asked[0]).to.not.have.any.keys('gpusPerNode', 'gres')
    expect(context.asked[0].timeLimitMs).to.be.within(60_000, 3_600_000)
  })

  it('may wait in the queue for longer than a worker beside the server', async () => {
    await using context = await onSlurm()
    expect(
      ownAllocation(context, { target: target(), bench: 'aibench vllm bench' }, WORKER, SPREAD)
        .startDeadlineMs,
    ).to.be.above(600_000)
  })

  it('are refused where they can not reach the server: how to start it anew is said', async () => {
    await using context = await onSlurm()
    const aim = target()
    delete aim.observation!.instance.members.vllm.endpoint!.exposed
    const error = refusal(context, aim)
    expect(error).to.include({ exitCode: 3, code: 'AIB_NOT_EXPOSED' })
    expect(error.hints[0]).to.include('aibench vllm stop llama')
    expect(error.hints[1]).to.include('--expose --wait')
  })

  it('are refused with somebody’s server, with more nodes than workers, and without Slurm', async () => {
    await using context = await onSlurm()
    const foreign = { ...target(), observation: null }
    expect(refusal(context, foreign).message).to.include('aibench started')
    const few = refusal(context, target(), { nodes: 3, clients: 2 })
    expect(few).to.include({ exitCode: 2 })
    expect(few.hints[0]).to.include('--clients 3 --client-nodes 3')
    context.scripted.ownAllocation = (() =>
      undefined) as unknown as typeof context.scripted.ownAllocation
    expect(refusal(context, target()).message).to.include('needs Slurm')
  })
})
