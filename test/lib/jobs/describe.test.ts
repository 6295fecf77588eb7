import { expect } from 'chai'
import { describeInstance, summaryOf } from '../../../src/lib/jobs/describe.js'
import { contextWith, jobWith } from '../../support/context.js'
import { ENDPOINT, instanceWith } from '../../support/instances.js'

const onSlurm = instanceWith({ scheduler: 'slurm', jobId: '4812345' })

describe('what is told of an instance', () => {
  it('counts up time, time left and node-hours', async () => {
    await using context = await contextWith()
    const report = describeInstance(context, { instance: { ...onSlurm, nodes: 4 } })
    expect(report.upMs).to.equal(298_000)
    expect(report.leftMs).to.equal(3_600_000 - 298_000)
    expect(report.nodeHours).to.be.closeTo((4 * 298) / 3600, 1e-9)
  })

  it('knows the time left also where an older version kept fewer options', async () => {
    await using context = await contextWith()
    context.scripted.warningMs = ({ endsWithinS = 30 }) => endsWithinS * 1000
    const instance = { ...onSlurm, service: 'monitors', options: {} }
    expect(describeInstance(context, { instance }).leftMs).to.be.greaterThan(0)
  })

  it('believes Slurm’s end before its own sum', async () => {
    await using context = await contextWith()
    const job = jobWith({ endsAt: new Date('2026-11-24T10:21:00.000Z') })
    expect(describeInstance(context, { instance: onSlurm, job }).leftMs).to.equal(60_000)
  })

  it('gives a tunnel through the login node, by the setting where there is one; none to this machine', async () => {
    await using context = await contextWith()
    const { user } = context.environment
    const tunnel = () => describeInstance(context, { instance: onSlurm }).tunnel
    expect(tunnel()).to.match(
      new RegExp(
        `^ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:39857:127.0.0.1:39857 -J .+ ${user}@mel0001$`,
      ),
    )
    context.settings = { ...context.settings, get: () => 'me@login.example.org:8822' }
    expect(tunnel()).to.include('-J me@login.example.org:8822 ')
    expect(describeInstance(context, { instance: instanceWith() }).tunnel).to.equal(null)
  })

  it('needs no jump where a server listens on its node’s address, and gives the same as a block for ssh', async () => {
    await using context = await contextWith()
    context.settings = { ...context.settings, get: () => 'me@login.example.org:8822' }
    const instance = {
      ...onSlurm,
      ...instanceWith({ endpoint: { ...ENDPOINT, host: '10.0.0.7' } }),
    }
    const report = describeInstance(context, { instance: { ...instance, scheduler: 'slurm' } })
    expect(report.tunnel).to.equal(
      'ssh -N -o ExitOnForwardFailure=yes -p 8822 -L 127.0.0.1:39857:10.0.0.7:39857 me@login.example.org',
    )
    expect(report.sshConfig!.split('\n')).to.deep.equal([
      'Host chroma',
      '  HostName login.example.org',
      '  User me',
      '  Port 8822',
      '  ExitOnForwardFailure yes',
      '  ServerAliveInterval 30',
      '  LocalForward 127.0.0.1:39857 10.0.0.7:39857',
    ])
  })

  it('says from where its gate is reached, by the job’s word and by this machine’s', async () => {
    await using context = await contextWith()
    const exposed = { host: '10.0.0.1', port: 40001, reachedFrom: 'mel0002' }
    const instance = instanceWith({ endpoint: { ...ENDPOINT, exposed } })
    const facts = { hardware: null, engine: null, exposure: { from: 'login01', isReached: false } }
    const { endpoint } = describeInstance(context, { instance, facts })
    expect(endpoint!.exposed).to.deep.include({
      reachedFrom: ['mel0002'],
      unreachedFrom: ['login01'],
    })
  })

  it('shows no endpoint of what has ended', async () => {
    await using context = await contextWith()
    const report = describeInstance(context, { instance: { ...onSlurm, phase: 'ended' } })
    expect([report.endpoint, report.tunnel, report.leftMs]).to.deep.equal([null, null, null])
  })

  for (const [phase, outcome, summary] of [
    ['intended', null, 'unknown'],
    ['held', null, 'queued'],
    ['starting', null, 'starting'],
    ['ready', null, 'ready'],
    ['ended', 'completed', 'ended'],
    ['ended', 'cancelled', 'ended'],
    ['ended', 'timeout', 'failed'],
    ['ended', 'lost', 'lost'],
  ] as const)
    it(`says "${summary}" of ${phase}${outcome ? `, ${outcome}` : ''}`, () => {
      const record = outcome && {
        ...{ kind: outcome, exitCode: null, signal: null, summary: '', proof: 'receipt' as const },
      }
      expect(summaryOf({ instance: { ...onSlurm, phase, outcome: record } })).to.equal(summary)
    })

  it('says that a running job is suspended', () => {
    expect(summaryOf({ instance: onSlurm, job: jobWith({ state: 'suspended' }) })).to.equal(
      'suspended',
    )
  })
})
