import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clock } from '../support/surroundings.js'
import { eventsOf, inMidRun } from '../support/vllm-home.js'
import { Cluster } from './cluster.js'

/** Only a timing verdict may differ on a busy machine. */
const MEASURED = [0, 10]

describe('workers on nodes of their own', function () {
  this.timeout(180_000)
  const cluster = Cluster.forTests({ minJobAgeS: 300 })
  const bench = (...more: string[]) =>
    cluster.json([
      ...['vllm', 'bench', '--num-prompts', '40', '--rate', '20', '--output-len', '8'],
      ...['--warmup', '0', ...more],
    ])

  it('are a job of their own, reach the server through its gate, and leave nothing', async () => {
    const started = await cluster.json(['vllm', 'start', '--simulate', '--expose', '--wait'])
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const [serverNode] = started.data.instance.nodes
    const { exitCode, data, error } = await bench('--clients', '3', '--client-nodes', '2')
    expect(exitCode, JSON.stringify(error)).to.be.oneOf(MEASURED)
    expect(data.requests).to.include({ issued: 40, ok: 40, failed: 0 })
    expect(data.instrument.workers).to.equal(3)
    expect([data.path, data.gateCores > 0]).to.deep.equal(['gate', true])
    expect(data.instrument.clockOffsetMs).to.be.at.least(0)
    expect(data.provenance.worker.host).to.be.a('string')
    expect(data.server.url).to.match(/^http:\/\/10\.78\.0\.1\d:/)
    expect(data.server.check.verdict).to.equal('reconciled')
    const rows = readFileSync(join(data.files.runDir, 'requests.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { worker: number })
    expect(new Set(rows.map(({ worker }) => worker))).to.deep.equal(new Set([0, 1, 2]))
    expect(cluster.jobs()).to.have.lengthOf(1)
    expect(serverNode).to.match(/^aib/)
    expect((await cluster.json(['vllm', 'stop'])).ok).to.equal(true)
    expect(cluster.leftovers()).to.deep.equal([])
  })

  it('are refused where there is no way to the server', async () => {
    await cluster.json(['vllm', 'start', '--simulate', '--wait'])
    const { exitCode, error } = await bench('--clients', '2', '--client-nodes', '2')
    expect([exitCode, error!.code]).to.deep.equal([3, 'AIB_NOT_EXPOSED'])
    await cluster.json(['vllm', 'stop', '--force'])
  })

  it('leave with the command that is interrupted', async () => {
    await cluster.json(['vllm', 'start', '--simulate', '--expose', '--wait'])
    const ended = await cluster.run(
      [
        ...['vllm', 'bench', '--rate', '5', '--num-prompts', '600', '--output-len', '8'],
        ...['--clients', '2', '--client-nodes', '2', '--events'],
      ],
      { during: inMidRun((child) => cluster.killCommand(child, 'INT')) },
    )
    const { exitCode, error } = eventsOf(ended).envelope
    expect([exitCode, error!.code]).to.deep.equal([130, 'AIB_INTERRUPTED'])
    // Slurm needs a moment to complete it.
    for (let i = 0; i < 100 && cluster.jobs().length > 1; i++) await clock.sleep(100)
    expect(cluster.jobs()).to.have.lengthOf(1)
    await cluster.json(['vllm', 'stop', '--force'])
  })
})
