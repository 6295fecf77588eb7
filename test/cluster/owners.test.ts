import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { eventsOf } from '../support/vllm-home.js'
import { clock } from '../support/surroundings.js'
import { Cluster } from './cluster.js'

const SIMULATED = ['vllm', 'start', '--simulate', '--ttft', '10ms', '--itl', '2ms', '--wait']
/** Goes on until something happens to it. */
const ENDLESS = [
  ...['vllm', 'bench', '--num-prompts', '1000000', '--concurrency', '4', '--output-len', '40'],
  ...['--warmup', '0', '--events'],
]

/** Once, when requests have been answered. */
function inMidRun(work: (child: ChildProcess) => void) {
  return (child: ChildProcess) => {
    let [text, isDone] = ['', false]
    child.stdout!.on('data', (chunk: string) => {
      text += chunk
      if (isDone || !/"type":"sample".*"done":[1-9]/.test(text)) return
      isDone = true
      work(child)
    })
  }
}

describe('who owns what runs, on a real Slurm cluster', function () {
  this.timeout(180_000)
  const cluster = Cluster.forTests({ nodes: 1 })
  const start = async (...more: string[]) => {
    const started = await cluster.json([...SIMULATED, ...more])
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    return started.data.instance as InstanceReport
  }
  const lastRun = async () => (await cluster.json(['runs', 'list'])).data[0]
  /** Up to a deadline that only a hang reaches. */
  const until = async (probe: () => boolean | Promise<boolean>) => {
    for (let i = 0; i < 300 && !(await probe()); i++) await clock.sleep(200)
    expect(await probe()).to.equal(true)
  }
  const noWorkers = () => cluster.leftovers().every((line) => !line.includes('worker.js'))

  for (const [signal, code] of [
    ['INT', 130],
    ['TERM', 143],
    ['HUP', 129],
  ] as const)
    it(`a benchmark that is interrupted by ${signal} keeps what it has`, async () => {
      await start()
      const ended = await cluster.run(ENDLESS, {
        during: inMidRun((child) => cluster.killCommand(child, signal)),
      })
      const { envelope } = eventsOf(ended)
      expect([envelope.exitCode, envelope.error?.code]).to.deep.equal([code, 'AIB_INTERRUPTED'])
      expect(envelope.data.complete).to.equal(false)
      expect(envelope.data.requests.ok).to.be.greaterThan(0)
      expect(await lastRun()).to.include({ id: envelope.data.runId, verdict: 'interrupted' })
      await until(noWorkers)
      await cluster.json(['vllm', 'stop'])
    })

  it('a benchmark whose command is killed ends by itself, with its result', async () => {
    await start()
    await cluster.run(ENDLESS, { during: inMidRun((child) => cluster.killCommand(child)) })
    await until(noWorkers)
    const run = await lastRun()
    expect(run.verdict).to.equal('interrupted')
    const { data } = await cluster.json(['runs', 'show', run.id])
    expect(data.why).to.equal('the command that conducted it is gone')
    expect(data.result.requests.ok).to.be.greaterThan(0)
    await cluster.json(['vllm', 'stop'])
  })

  it('a benchmark whose job is cancelled keeps what it has', async () => {
    const { jobId } = await start()
    const ended = await cluster.run(ENDLESS, {
      during: inMidRun(() => cluster.slurm('scancel', jobId!)),
    })
    const { envelope } = eventsOf(ended)
    expect([envelope.exitCode, envelope.error?.code]).to.deep.equal([6, 'AIB_JOB_FAILED'])
    expect(envelope.data.requests.ok).to.be.greaterThan(0)
  })

  it('a job whose script is killed leaves no server, no gate and no folder', async () => {
    const { runDir } = await start('--expose')
    const scratch = readFileSync(join(runDir, 'scratch'), 'utf8').trim()
    expect(existsSync(scratch)).to.equal(true)
    const scripts = cluster.asUser('ps', '-o', 'pid=,args=', '-u', 'aibtest').split('\n')
    for (const line of scripts)
      if (/job\.sh|slurm_script/.test(line))
        process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL')
    await until(() => cluster.leftovers().length === 0)
    await until(() => !existsSync(scratch))
  })

  it('a job that is killed leaves no folder', async () => {
    const { runDir } = await start()
    const scratch = readFileSync(join(runDir, 'scratch'), 'utf8').trim()
    await cluster.json(['vllm', 'stop', '--force'])
    await until(() => cluster.leftovers().length === 0)
    await until(() => !existsSync(scratch))
  })
})
