import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { needs } from '../support/require.js'
import { clock } from '../support/surroundings.js'
import { measured, short } from '../support/vllm-home.js'
import { realRay, realVllm, SMALL_VLLM } from '../support/vllm.js'
import { Cluster } from './cluster.js'

describe('vLLM on a real Slurm cluster', function () {
  this.timeout(900_000)
  const cluster = Cluster.forTests()
  const vllm = (args: readonly string[]) => cluster.json(['vllm', ...args], { env: SMALL_VLLM.env })
  const ready = async (args: readonly string[]) => {
    const started = await vllm(['start', '--wait', '--timeout', '9m', ...args])
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    return started.data.instance as InstanceReport
  }
  const untilFailed = async () => {
    const begun = clock.monotonicMs()
    for (;;) {
      const report = (await vllm(['check'])).data as InstanceReport
      const ms = clock.monotonicMs() - begun
      if (report.summary === 'failed' || ms > 300_000) return report
      await clock.sleep(500)
    }
  }

  describe('real', () => {
    const args: string[] = []
    before(async function () {
      const { venv, model, why } = await realVllm()
      needs(this, 'vllm', why === '', why)
      args.push('--venv', venv, '--model-dir', model, ...SMALL_VLLM.args)
    })

    it('on one node: start, check from the login node, bench, save, stop; leaves nothing', async () => {
      const instance = await ready(args)
      expect(instance.stages.map(({ name }) => name)).to.deep.equal([
        ...['queued', 'imports', 'weights', 'compile', 'ready'],
      ])
      const check = (await vllm(['check'])).data as InstanceReport
      expect(check).to.include({ summary: 'ready', detail: null })
      expect(check.tunnel).to.match(
        /^ssh -N -o ExitOnForwardFailure=yes -L 127\.0\.0\.1:(\d+):127\.0\.0\.1:\1 /,
      )
      expect(check.call).to.match(
        /^curl -H @\/\S+\/api\.header http:\/\/127\.0\.0\.1:\d+\/v1\/models$/,
      )
      for (const dataset of ['random', 'choice']) {
        const args = short('--dataset', dataset, '--num-prompts', '8')
        const { requests, provenance, server, structured } = measured(await cluster.json(args))
        expect(requests).to.deep.equal({ issued: 8, ok: 8, failed: 0, dropped: 0 })
        expect(server.check.requests!.difference).to.equal(0)
        expect(provenance.worker, 'it ran beside the server').to.include({
          host: instance.nodes[0],
        })
        if (structured) expect(structured.constrained.validShare).to.equal(1)
      }
      expect((await vllm(['save', '-o', join(cluster.home, 'out.zip')])).ok).to.equal(true)
      expect((await vllm(['stop'])).data).to.include({ killed: false })
      expect(cluster.leftovers()).to.deep.equal([])
    })

    it('on two nodes, vLLM’s own way; a worker that dies is named with its node', async () => {
      const instance = await ready([...args, '--nodes', '2', '--tensor-parallel', '2'])
      const [head, worker] = instance.nodes
      const log = readFileSync(join(instance.runDir, `${worker}.log`), 'utf8')
      expect(log).to.match(/rank 1 in world size 2/)
      expect(readFileSync(join(instance.runDir, 'stdout.log'), 'utf8')).to.include(
        `aibench: vllm on ${head}, started`,
      )
      killOne('vllm serve .* --headless')
      const report = await untilFailed()
      expect(report.detail).to.equal(`the worker on ${worker} ended`)
      await cluster.untilNoJobs()
      expect(cluster.leftovers()).to.deep.equal([])
    })
  })

  describe('over Ray, with a stand-in for vLLM', () => {
    const args: string[] = []
    before(async function () {
      const ray = await realRay()
      needs(this, 'ray', ray.why === '', ray.why)
      const { model, why } = await realVllm()
      needs(this, 'vllm', why === '', why)
      args.push('--venv', ray.venv, '--model-dir', model, '--served-name', 'tiny')
      args.push('--nodes', '2', '--distributed', 'ray')
    })

    it('all nodes are there, each with its own address and ports, before it starts; stop leaves nothing', async () => {
      const { runDir, nodes } = await ready(args)
      const { ranks } = JSON.parse(readFileSync(join(runDir, 'seen.json'), 'utf8'))
      expect(ranks.map(({ host }: { host: string }) => host)).to.deep.equal(nodes)
      expect(ranks.map(({ vllmHostIp }: { vllmHostIp: string }) => vllmHostIp)).to.deep.equal(
        nodes.map((name) => `10.78.0.1${Number(name.slice(3))}`),
      )
      expect((await vllm(['stop'])).data).to.include({ killed: false })
      expect(cluster.leftovers()).to.deep.equal([])
      // The other node removes its own, which on a busy machine may be after the job's end.
      for (let i = 0; i < 100 && scratchFolders().length > 0; i++) await clock.sleep(100)
      expect(scratchFolders()).to.deep.equal([])
    })

    it('a worker that dies is named with its node', async () => {
      const { nodes } = await ready(args)
      killOne(`raylet/raylet .*10\\.78\\.0\\.1${Number(nodes[1].slice(3))}`)
      const report = await untilFailed()
      expect(report.detail).to.match(new RegExp(`^the worker on ${nodes[1]} ended`))
      await cluster.untilNoJobs()
    })
  })

  it('that is requeued comes back with a new key', async () => {
    const { jobId, endpoint } = await ready(['--simulate', '--sbatch-arg=--requeue'])
    const key = () => readFileSync(endpoint!.tokenFile!, 'utf8')
    const before = key()
    await cluster.requeue(jobId!)
    const again = await vllm(['check', '--wait', '--timeout', '5m'])
    expect(again.data, JSON.stringify(again.error)).to.include({ summary: 'ready', jobId })
    expect(key()).to.have.length.greaterThan(20).and.not.to.equal(before)
    await vllm(['stop'])
  })

  describe('GPUs', () => {
    const simulated = ['start', '--simulate']

    it('are asked for on each node', async () => {
      const { data } = await vllm([...simulated, '--gpus-per-node', '2', '--dry-run'])
      expect(data.argv).to.include('--gpus-per-node=2')
      await ready(['--simulate', '--gpus-per-node', '2'])
      const [job] = cluster.jobs()
      const shown = cluster.slurm('scontrol', 'show', 'job', job.split(' ')[0])
      expect(shown).to.match(/gres.gpu[=:]2|gpu:2/)
      await vllm(['stop'])
    })

    it('that a partition has not are refused before the queue', async () => {
      // Refused before any vLLM is looked for: none is needed.
      const model = join(cluster.home, 'model')
      mkdirSync(model)
      writeFileSync(join(model, 'config.json'), '{"num_attention_heads":8}')
      writeFileSync(join(model, 'tokenizer.json'), '{}')
      const args = ['start', '--model-dir', model]
      const none = await vllm([...args, '--gpus-per-node', '4', '--partition', 'plain'])
      expect([none.exitCode, none.error!.message]).to.deep.equal([
        3,
        'Partition "plain" has no GPUs',
      ])
      const copies = ['--gpus-per-node', '8', '--tensor-parallel', '4', '--vllm-arg=-dp=2']
      const few = await vllm([...args, ...copies])
      expect([few.exitCode, few.error!.message]).to.deep.equal([
        3,
        'The default partition has 4 GPUs a node, not 8',
      ])
      expect(cluster.jobs()).to.deep.equal([])
    })
  })
})

/** Kills the first process whose command line is like that. */
function killOne(pattern: string): void {
  const [pid] = spawnSync('pgrep', ['-f', '-u', 'aibtest', pattern], {
    encoding: 'utf8',
  }).stdout.split('\n')
  process.kill(Number(pid), 'SIGKILL')
}

/** Left by tests that somebody killed, long ago. */
const FOUND = new Set(readdirSync('/tmp'))

/** What the nodes, which share this machine's /tmp, have left there. */
function scratchFolders(): string[] {
  const uid = Number(spawnSync('id', ['-u', 'aibtest'], { encoding: 'utf8' }).stdout)
  return readdirSync('/tmp').filter(
    (name) =>
      /^aibench-\w{6}$/.test(name) && !FOUND.has(name) && statSync(join('/tmp', name)).uid === uid,
  )
}
