import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { processesOf } from '../support/processes.js'
import { clock } from '../support/surroundings.js'
import { inMidRun, short, vllmHome, type VllmHome } from '../support/vllm-home.js'

/** Goes on until something happens to it. */
const endless = (...more: string[]) =>
  short('--duration', '10m', '--num-prompts', '1000000', '--output-len', '40', '--events', ...more)

/** Up to a deadline that only a hang reaches. */
async function until<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const found = await probe()
    if (found !== undefined) return found
    await clock.sleep(200)
  }
  throw new Error('it did not come')
}

const workersOf = ({ path }: VllmHome) =>
  processesOf(path).filter((line) => line.includes('worker.js'))

const listed = async (home: VllmHome) =>
  (await home.run(['runs', 'list'])).data as { id: string; verdict: string; dir: string }[]

describe('a benchmark whose command is killed', function () {
  it('ends by itself, with its result, which the next command collects', async () => {
    await using home = await vllmHome()
    await home.start()
    const ended = await home.shown(endless(), {
      during: inMidRun((child) => child.kill('SIGKILL')),
    })
    expect(ended.signal).to.equal('SIGKILL')
    await until(async () => (workersOf(home).length === 0 ? true : undefined))
    await home.run(['status'])
    const state = JSON.parse(readFileSync(join(home.path, 'state.json'), 'utf8'))
    const [run] = Object.values(state.runs) as { id: string; verdict: string; summary: string }[]
    expect(run.verdict).to.equal('interrupted')
    expect(run.summary).to.match(/tok\/s/)
    const { data } = await home.run(['runs', 'show', run.id])
    expect(data.why).to.equal('the command that conducted it is gone')
    expect(data.result.complete).to.equal(false)
    expect(data.result.requests.ok).to.be.greaterThan(0)
  })

  it('is told as interrupted when its worker was killed as well', async () => {
    await using home = await vllmHome()
    await home.start()
    await home.shown(endless(), {
      during: inMidRun((child) => {
        const pids = spawnSync('pgrep', ['-P', String(child.pid), '-f', 'worker.js'], {
          encoding: 'utf8',
        }).stdout
        child.kill('SIGKILL')
        for (const pid of pids.trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
      }),
    })
    const [run] = await listed(home)
    expect(run.verdict).to.equal('interrupted')
    const { stdout } = await home.shown(['runs', 'show', run.id])
    expect(stdout).to.include('interrupted').and.to.include('no result.json')
  })

  it('leaves no worker that does not react', async () => {
    await using home = await vllmHome()
    await home.start()
    // The dataset never comes: the worker waits for it, whatever it is told.
    const fifo = join(home.path, 'prompts.jsonl')
    expect(spawnSync('mkfifo', [fifo]).status).to.equal(0)
    const args = ['vllm', 'bench', '--dataset', `custom:${fifo}`, '--num-prompts', '4', '--json']
    await home.shown(args, {
      during: (child) =>
        void until(async () => workersOf(home)[0]).then(() => child.kill('SIGKILL')),
    })
    await until(async () => (workersOf(home).length === 0 ? true : undefined))
    expect((await listed(home))[0].verdict).to.equal('interrupted')
  })

  it('is told by the records that a lost state is rebuilt from', async () => {
    await using home = await vllmHome()
    await home.start()
    await home.shown(endless(), { during: inMidRun((child) => child.kill('SIGKILL')) })
    await until(async () => (workersOf(home).length === 0 ? true : undefined))
    await rm(join(home.path, 'state.json'))
    await home.run(['state', 'repair'])
    const state = JSON.parse(readFileSync(join(home.path, 'state.json'), 'utf8'))
    expect(Object.values(state.runs)).to.have.nested.property('[0].verdict', 'interrupted')
    const [{ dir }] = await listed(home)
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')).verdict).to.equal('interrupted')
  })

  it('goes on where its command only sleeps', async () => {
    await using home = await vllmHome()
    await home.start()
    const ended = await home.shown(short('--num-prompts', '40', '--output-len', '40', '--events'), {
      during: inMidRun((child) => {
        child.kill('SIGSTOP')
        setTimeout(() => child.kill('SIGCONT'), 1_500)
      }),
    })
    expect([0, 10]).to.include(ended.code)
  })
})
