import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'
import type { Finished, Processes } from '../../../../src/lib/platform/processes.js'
import type { JobIdentity, JobSpec } from '../../../../src/lib/scheduler/contract.js'
import { createSlurmScheduler } from '../../../../src/lib/scheduler/slurm/scheduler.js'
import { answering, ManualClock, type Answers } from '../../../support/context.js'
import { environmentIn, rejection } from '../../../support/surroundings.js'

const JOB: JobIdentity = {
  ...{ id: '7', token: 'aibench:ab', name: 'aibench-vllm-k3f9', runDir: '/runs/x' },
  cluster: { name: 'lab', controller: 'login01:6817' },
}
const user = environmentIn('/nowhere').user
const row = (change: Partial<Record<string, string>> = {}) => {
  const all = {
    ...{ id: '7', state: 'R', reason: 'None', nodes: 'mel0001', partition: 'cpu', qos: 'x' },
    ...{ submitted: 'N/A', start: 'N/A', end: 'N/A', user, comment: JOB.token },
    ...{ workDir: JOB.runDir, name: JOB.name, ...change },
  }
  return Object.values(all).join('\x1f') + '\n'
}
const record = (change: Record<string, string> = {}) => {
  const all = {
    ...{
      JobId: '7',
      JobName: JOB.name,
      UserId: `${user}(1)`,
      JobState: 'COMPLETED',
      Restarts: '0',
    },
    ...{ ExitCode: '0:0', Comment: JOB.token, WorkDir: JOB.runDir, ...change },
  }
  const { JobId, JobName, ...others } = all
  const lines = Object.entries(others).map(([name, value]) => `   ${name}=${value}`)
  return [`JobId=${JobId} JobName=${JobName}`, ...lines].join('\n') + '\n'
}
const INVALID = { exitCode: 1, stderr: 'slurm_load_jobs error: Invalid job id specified' }

/** A scheduler of which all commands and their answers are known, on cluster lab. */
async function scheduler(
  answers: Answers,
  conf = 'ClusterName=lab\nSlurmctldHost=login01(10.0.0.1)\n',
) {
  const folder = await mkdtemp(join(tmpdir(), 'aibench-test-'))
  const path = join(folder, 'slurm.conf')
  await writeFile(path, conf)
  const lines: string[] = []
  const known = answering(answers)
  const processes: Processes = {
    run: (program, args) => {
      lines.push([program, ...args].join(' '))
      return known.run(program, args)
    },
  }
  const environment = environmentIn(folder, { SLURM_CONF: path, AIBENCH_SLURM_RETRIES: '1s' })
  const slurm = createSlurmScheduler({ processes, environment, clock: new ManualClock() })
  return {
    slurm,
    lines,
    spec: {
      ...{ name: 'vllm-k3f9', token: JOB.token, runDir: folder },
      resources: { nodes: 1, timeLimitMs: 3_600_000 },
    } satisfies JobSpec,
    sees: async (job = JOB) => (await slurm.poll([job])).sightings.get(job.token)!,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

describe('a job that is looked for', () => {
  it('is seen by one question', async () => {
    await using one = await scheduler([[/^squeue/, { stdout: row() }]])
    expect(await one.sees()).to.have.nested.property('job.state', 'running')
    expect(one.lines).to.have.lengthOf(1)
  })

  it('that is in no answer is asked about by its id: forgotten, alive all the same, or unknown', async () => {
    for (const [answer, kind] of [
      [INVALID, 'forgotten'],
      [{ stdout: record({ JobState: 'RUNNING' }) }, 'seen'],
      [
        { stdout: record({ UserId: 'mallory(2)', Comment: '', WorkDir: '/x', JobName: 'x' }) },
        'forgotten',
      ],
      [{ exitCode: 1, stderr: 'scontrol: error: Zero Bytes were transmitted' }, 'silent'],
      [{ exitCode: 1, stderr: 'scontrol: error: Access denied' }, 'silent'],
    ] as [Partial<Finished>, string][]) {
      await using one = await scheduler([
        [/^squeue/, { stdout: '' }],
        [/^scontrol show job 7/, answer],
      ])
      expect((await one.sees()).kind, JSON.stringify(answer)).to.equal(kind)
    }
  })

  it('without an id is absent from an answer, and nothing is concluded from none', async () => {
    await using empty = await scheduler([[/^squeue/, { stdout: '' }]])
    expect(await empty.sees({ ...JOB, id: null })).to.deep.equal({ kind: 'absent' })
    await using dead = await scheduler([[/^squeue/, { exitCode: 1, stderr: 'Connection refused' }]])
    expect(await dead.sees()).to.have.nested.property('trouble.plain', 'Slurm does not answer')
  })

  it('that ended tells which of its lives it was', async () => {
    await using one = await scheduler([
      [/^squeue/, { stdout: row({ state: 'F' }) }],
      [/^scontrol/, { stdout: record({ JobState: 'FAILED', Restarts: '2', ExitCode: '3:0' }) }],
    ])
    const sighting = await one.sees()
    expect(sighting).to.have.nested.property('job.restarts', 2)
    expect(sighting).to.have.nested.property('job.outcome.exitCode', 3)
  })

  it('is asked about in an older form where squeue knows few options', async () => {
    const refused = { exitCode: 2, stderr: 'site-squeue: error: unrecognized arguments: --me' }
    await using one = await scheduler([
      [/ --me /, refused],
      [/^squeue --user=/, { stdout: row() }],
    ])
    expect((await one.sees()).kind).to.equal('seen')
  })

  it('that squeue answers with an error is told in its words', async () => {
    const trouble = { exitCode: 1, stderr: 'squeue: error: the cache is being rebuilt\ncall 1234' }
    await using one = await scheduler([[/^squeue/, trouble]])
    expect(await one.sees()).to.have.nested.property(
      'trouble.plain',
      'squeue answered with an error: the cache is being rebuilt / call 1234',
    )
  })

  it('of another cluster is asked about there, or is elsewhere', async () => {
    const other = { ...JOB, cluster: { name: 'other', controller: null } }
    await using there = await scheduler([
      [/--clusters=other/, { stdout: 'CLUSTER: other\n' + row() }],
    ])
    expect(await there.sees(other)).to.have.nested.property('job.cluster', 'other')
    const unknown = { exitCode: 1, stderr: "squeue: error: 'other' can't be reached now" }
    await using here = await scheduler([[/--clusters=other/, unknown]])
    expect((await here.sees(other)).kind).to.equal('elsewhere')
  })

  it('of a cluster of the same name with another controller is elsewhere', async () => {
    await using one = await scheduler(
      [
        [/^squeue/, { stdout: '' }],
        [/^scontrol/, INVALID],
      ],
      'ClusterName=lab\nSlurmctldHost=login02\n',
    )
    expect((await one.sees()).kind).to.equal('elsewhere')
  })
})

describe('a cancel', () => {
  const SCANCEL = [/^scancel/, {}] as const
  const cancelled = (lines: readonly string[]) => lines.filter((line) => line.startsWith('scancel'))

  it('of a running job tells its script; of a waiting one, or at once, ends it', async () => {
    await using running = await scheduler([[/^squeue/, { stdout: row() }], SCANCEL])
    await running.slurm.cancel(JOB, 'TERM')
    await running.slurm.cancel(JOB, 'KILL')
    expect(cancelled(running.lines)).to.deep.equal(['scancel --batch --signal=TERM 7', 'scancel 7'])
    await using waiting = await scheduler([[/^squeue/, { stdout: row({ state: 'PD' }) }], SCANCEL])
    await waiting.slurm.cancel(JOB, 'TERM')
    expect(cancelled(waiting.lines)).to.deep.equal(['scancel 7'])
  })

  it('never touches a job that is not proven ours', async () => {
    for (const change of [
      { comment: 'aibench:other' },
      { comment: '', name: 'x', workDir: '/x' },
      { user: 'mallory' },
    ] as Partial<Record<'comment' | 'name' | 'workDir' | 'user', string>>[]) {
      const told = { UserId: `${change.user ?? user}(1)`, JobState: 'RUNNING' }
      const same = { Comment: change.comment ?? JOB.token, JobName: change.name ?? JOB.name }
      await using one = await scheduler([
        [/^squeue/, { stdout: row(change) }],
        [
          /^scontrol/,
          { stdout: record({ ...told, ...same, WorkDir: change.workDir ?? JOB.runDir }) },
        ],
        SCANCEL,
      ])
      await one.slurm.cancel(JOB, 'KILL')
      expect(cancelled(one.lines), JSON.stringify(change)).to.deep.equal([])
    }
  })

  it('does nothing to what has ended, and nothing in the dark', async () => {
    await using over = await scheduler([
      [/^squeue/, { stdout: row({ state: 'CD' }) }],
      [/^scontrol/, { stdout: record() }],
      SCANCEL,
    ])
    await over.slurm.cancel(JOB, 'KILL')
    expect(cancelled(over.lines)).to.deep.equal([])
    await using dark = await scheduler([[/^squeue/, { exitCode: 1, stderr: '' }], SCANCEL])
    const error = await rejection(dark.slurm.cancel(JOB, 'KILL'))
    expect([error.code, cancelled(dark.lines)]).to.deep.equal(['AIB_SCHEDULER_DOWN', []])
  })

  it('that Slurm refuses is told with its words; a job that went meanwhile is no failure', async () => {
    for (const [stderr, code] of [
      ['scancel: error: Kill job error on job id 7: Access/permission denied', 'AIB_CANCEL'],
      ['scancel: error: Kill job error on job id 7: Invalid job id specified', null],
      ['scancel: error: Kill job error on job id 7: Job/step already completing', null],
    ] as const) {
      const answer = [/^scancel/, { exitCode: 1, stderr }] as const
      await using one = await scheduler([[/^squeue/, { stdout: row() }], answer])
      const error = await one.slurm.cancel(JOB, 'KILL').catch((thrown: AibenchError) => thrown)
      expect(error?.code ?? null, stderr).to.equal(code)
      if (error) expect(error.where).to.include('permission denied')
    }
  })
})

describe('a submission to Slurm', () => {
  const SINFO = [/^sinfo/, { stdout: 'cpu\n' }] as const

  it('believes an id that stands alone, and proves one that stands in other text', async () => {
    await using plain = await scheduler([[/^sbatch/, { stdout: '7\n' }], SINFO])
    expect(await plain.slurm.submitHeld(plain.spec)).to.deep.equal({
      id: '7',
      cluster: JOB.cluster,
    })
    await using banner = await scheduler([
      [/^sbatch/, { stdout: 'Your budget:\n12\nSubmitted batch job 7\n' }],
      [/^squeue/, { stdout: row({ comment: 'site' }) }],
      [/^scontrol show job 12/, INVALID],
      SINFO,
    ])
    expect((await banner.slurm.submitHeld(banner.spec)).id).to.equal('7')
  })

  it('is uncertain where nothing proves the id', async () => {
    await using one = await scheduler([
      [/^sbatch/, { stdout: 'You have\n4711\n' + 'jobs' }],
      [/^squeue/, { stdout: '' }],
      [/^scontrol/, INVALID],
    ])
    expect((await rejection(one.slurm.submitHeld(one.spec))).code).to.equal('AIB_SUBMIT_UNCERTAIN')
  })

  it('that the site refuses in words of its own is refused when Slurm has no such job, and only then', async () => {
    const words = {
      exitCode: 1,
      stderr:
        'sbatch: error: ====\nsbatch: error: Use --gpus=N, see https://docs.example\n' +
        'sbatch: error: Batch job submission failed: Unspecified error\n',
    }
    await using none = await scheduler([
      [/^sbatch/, words],
      [/^squeue/, { stdout: '' }],
    ])
    const error = await rejection(none.slurm.submitHeld(none.spec))
    expect([error.code, error.exitCode]).to.deep.equal(['AIB_REFUSED', 3])
    expect(error.message).to.include('Use --gpus=N, see https://docs.example')
    await using there = await scheduler([[/^sbatch/, words], [/^squeue/, { stdout: row() }], SINFO])
    expect((await there.slurm.submitHeld(there.spec)).id).to.equal('7')
    await using dark = await scheduler([
      [/^sbatch/, words],
      [/^squeue/, { exitCode: 1 }],
    ])
    expect((await rejection(dark.slurm.submitHeld(dark.spec))).code).to.equal(
      'AIB_SUBMIT_UNCERTAIN',
    )
  })

  it('names its cluster', async () => {
    await using one = await scheduler([[/^sbatch .*--clusters=other/, { stdout: '7;other\n' }]])
    const resources = { ...one.spec.resources, clusters: 'other' }
    expect(await one.slurm.submitHeld({ ...one.spec, resources })).to.deep.equal({
      id: '7',
      cluster: { name: 'other', controller: null },
    })
  })
})
