import { expect } from 'chai'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { envelopeOf, type Envelope } from '../support/cli.js'
import { clock } from '../support/surroundings.js'
import { Cluster } from './cluster.js'

/** More rounds: AIBENCH_SUBMISSIONS=100. The seed is printed when a round goes wrong. */
const ROUNDS = Number(process.env.AIBENCH_SUBMISSIONS ?? 12)

const ACTIONS = ['ctrl-c', 'hang-up', 'kill', 'kill sbatch', 'lose the answer'] as const
type Action = (typeof ACTIONS)[number]

/** What a lost answer looks like; the job was accepted, or was not. */
const LOST_ANSWERS = [
  'exit 1',
  'echo "sbatch: error: Batch job submission failed: Unspecified error" >&2; exit 1',
  'echo "sbatch: error: Batch job submission failed: Connection reset by peer" >&2; exit 1',
  'echo "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received" >&2; exit 1',
  'echo "sbatch: error: Batch job submission failed: Header lengths are longer than data received" >&2; exit 1',
  'kill -KILL $$',
  'exit 0',
  'echo "Dear user, you have 4711 jobs"; echo 4711; exit 0',
  'echo "Your budget: 12"; echo "Submitted batch job ${id%%;*}"; exit 0',
]

interface Round {
  action: Action
  name: string
  afterMs: number
  stallMs: number
}

/** Ctrl-C and hang-up reach all of the terminal's processes; the controller is slow in most rounds, as it is when people lose patience. */
describe('a submission that is cut off, anywhere', function () {
  this.timeout(60_000 + ROUNDS * 60_000)
  const cluster = Cluster.forTests()
  const tally = { lost: 0, doubled: 0, 'wrongly told': 0 }
  const notes: string[] = []

  const note = (kind: keyof typeof tally, round: Round, what: string) => {
    tally[kind]++
    notes.push(`${kind}: ${JSON.stringify(round)}: ${what}`)
  }

  it(`loses no job, doubles none and says nothing wrong, in ${ROUNDS} rounds`, async () => {
    for (let number = 0; number < ROUNDS; number++) {
      const round: Round = {
        action: ACTIONS[number % ACTIONS.length],
        name: `s${number}`,
        afterMs: Math.random() * 1_500,
        stallMs: Math.random() < 0.7 ? Math.random() * 4_000 : 0,
      }
      await judge(round, await play(round))
    }
    if (process.env.AIBENCH_SUBMISSIONS)
      console.log(`      ${ROUNDS} rounds: ${JSON.stringify(tally)}`)
    expect(tally, notes.join('\n')).to.deep.equal({ lost: 0, doubled: 0, 'wrongly told': 0 })
  })

  async function play(round: Round): Promise<Envelope | undefined> {
    const { action, name, afterMs, stallMs } = round
    const losing = action === 'lose the answer'
    const isSlow = !losing && stallMs > 0
    const timers = isSlow
      ? [
          setTimeout(() => cluster.stall(), afterMs / 2),
          setTimeout(() => cluster.resume(), afterMs / 2 + stallMs),
        ]
      : []
    const ended = await cluster.run(
      ['vllm', 'start', '--simulate', '--name', name, '--time', '20m', '--json'],
      {
        ownGroup: true,
        env: losing ? { PATH: `${losingSbatch()}:${PATH}` } : {},
        during: (child) => void timers.push(setTimeout(() => act(action, child), afterMs)),
      },
    )
    // What a killed command has asked for waits as long as the controller does.
    if (isSlow && ended.code === null) await clock.sleep(stallMs)
    timers.forEach((timer) => clearTimeout(timer))
    cluster.resume()
    await untilSbatchEnded()
    return ended.code === null || ended.stdout === '' ? undefined : envelopeOf(ended)
  }

  function act(action: Action, { pid, exitCode }: ChildProcess): void {
    const signal = { 'ctrl-c': 'SIGINT', 'hang-up': 'SIGHUP', kill: 'SIGKILL' } as const
    if (action === 'kill sbatch')
      for (const sbatch of cluster.pidsOf('sbatch')) kill(sbatch, 'SIGKILL')
    else if (action !== 'lose the answer' && exitCode === null) kill(-pid!, signal[action])
  }

  /** Its request may be carried out when the command that made it is long gone. */
  async function untilSbatchEnded(): Promise<void> {
    for (let i = 0; i < 200 && cluster.pidsOf('sbatch').length > 0; i++) await clock.sleep(100)
    await clock.sleep(300)
  }

  function losingSbatch(): string {
    const folder = join(cluster.dir, 'losing')
    mkdirSync(folder, { recursive: true })
    const answer = LOST_ANSWERS[Math.floor(Math.random() * LOST_ANSWERS.length)]
    const submits = Math.random() < 0.7
    const real = submits ? 'id=$(/usr/bin/sbatch "$@" 2>/dev/null)' : 'id=1'
    writeFileSync(join(folder, 'sbatch'), `#!/bin/bash\n${real}\n${answer}\n`)
    chmodSync(join(folder, 'sbatch'), 0o755)
    return folder
  }

  async function judge(round: Round, told: Envelope | undefined): Promise<void> {
    const { name } = round
    const jobs = cluster.jobs()
    if (jobs.length > 1) note('doubled', round, jobs.join(', '))
    if (told?.ok && jobs.length === 0) note('wrongly told', round, 'submitted, and there is no job')
    const code = told?.error?.code ?? ''
    if (['AIB_REFUSED', 'AIB_SCHEDULER_DOWN'].includes(code) && jobs.length > 0)
      note('wrongly told', round, `${code}, and there is job ${jobs[0]}`)
    await compare(round, 'status')

    const again = await cluster.json([
      'vllm',
      'start',
      '--simulate',
      '--name',
      name,
      '--time',
      '20m',
    ])
    if (cluster.jobs().length > 1) note('doubled', round, `by a second start: ${again.error?.code}`)
    if (again.ok && cluster.jobs().length === 0) note('wrongly told', round, 'second start')
    await compare(round, 'status after a second start')

    const stop = await cluster.json(['vllm', 'stop', name, '--force'])
    const left = await cluster.untilNoJobs()
    if (left.length > 0)
      note('wrongly told', round, `stop ${stop.exitCode}, and ${left.join()} lives`)
  }

  /** What Slurm has against what aibench says. */
  async function compare(round: Round, when: string): Promise<void> {
    const { data, exitCode, error } = await cluster.json(['status'])
    if (exitCode !== 0) return note('wrongly told', round, `${when}: ${error?.code}`)
    const known = data.instances as InstanceReport[]
    const alive = known.filter(({ phase }) => phase !== 'ended').map(({ jobId }) => jobId)
    const ids = cluster.jobs().map((line) => line.split(' ')[0])
    for (const id of ids)
      if (!alive.includes(id)) note('lost', round, `${when}: job ${id}; known are ${alive.join()}`)
    for (const id of alive)
      if (id !== null && !ids.includes(id)) note('wrongly told', round, `${when}: no job ${id}`)
  }
})

const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'

/** One that is gone already is no error. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It was quicker.
  }
}
