import { expect } from 'chai'
import type { Finished } from '../../../../src/lib/platform/processes.js'
import type { JobSpec } from '../../../../src/lib/scheduler/contract.js'
import { scrub } from '../../../../src/lib/scheduler/slurm/command.js'
import { refusalOf, verdictOf } from '../../../../src/lib/scheduler/slurm/refusals.js'
import {
  parseSubmittedIds,
  submissionArgs,
} from '../../../../src/lib/scheduler/slurm/submission.js'
import { environmentIn } from '../../../support/surroundings.js'

const job: JobSpec = {
  name: 'chroma-k3f9',
  token: 'aibench:ab12',
  runDir: '/scratch/100%/runs/x',
  resources: { nodes: 1, timeLimitMs: 3_600_000, partition: 'gpus', sbatchArgs: ['--mem=0'] },
}
const failed = (stderr: string, timedOut = false): Finished => ({
  exitCode: 1,
  stdout: '',
  stderr,
  timedOut,
  missing: false,
})
const refuse = (stderr: string, timedOut = false) =>
  refusalOf(
    failed(stderr, timedOut),
    verdictOf(failed(stderr, timedOut)),
    job,
    environmentIn('/nowhere'),
    async () => ['cpu', 'gpu'],
  )

describe('a submission', () => {
  it('says everything on the command line, held, under its token', () => {
    const args = submissionArgs(job)
    expect(args).to.include.members([
      '--parsable',
      '--hold',
      '--comment=aibench:ab12',
      '--time=01:00:00',
      '--nodes=1',
      '--partition=gpus',
      '--mem=0',
      '--no-requeue',
      '--signal=B:USR1@30',
    ])
    expect(args.slice(-2)).to.deep.equal(['/scratch/100%/runs/x/job.sh', '/scratch/100%/runs/x'])
  })
  it('has a job that takes longer to end told earlier, but not before its last fifth', () => {
    const signalOf = (resources: Partial<JobSpec['resources']>) =>
      submissionArgs({ ...job, resources: { ...job.resources, ...resources } }).filter((arg) =>
        arg.startsWith('--signal'),
      )
    expect(signalOf({ endsWithinS: 120 })).to.deep.equal(['--signal=B:USR1@120'])
    expect(signalOf({ endsWithinS: 120, timeLimitMs: 360_000 })).to.deep.equal([
      '--signal=B:USR1@72',
    ])
    expect(signalOf({ endsWithinS: 120, timeLimitMs: 300_000 })).to.deep.equal([])
  })
  it('passes on the environment that sbatch is run in, and asks for no login shell', () =>
    expect(submissionArgs(job).filter((arg) => arg.startsWith('--export'))).to.deep.equal([
      '--export=ALL',
    ]))
  for (const { resources, expected } of [
    { resources: { gpusPerNode: 4 }, expected: ['--gpus-per-node=4'] },
    { resources: { gpusPerNode: 4, gpuType: 'a100' }, expected: ['--gpus-per-node=a100:4'] },
    { resources: { gpusPerNode: 4, gres: 'gpu:a100:4' }, expected: ['--gres=gpu:a100:4'] },
    {
      resources: { gpusPerNode: 2, sbatchArgs: ['--gpus-per-node=0', '--gres=gpu:2'] },
      expected: ['--gpus-per-node=0', '--gres=gpu:2'],
    },
    { resources: { gpusPerNode: 0 }, expected: [] },
  ])
    it(`asks for GPUs in one spelling: ${expected.join(' ') || 'none'}`, () => {
      const args = submissionArgs({
        ...job,
        resources: { ...job.resources, sbatchArgs: [], ...resources },
      })
      expect(args.filter((arg) => /^--(gpus|gres)/.test(arg))).to.deep.equal(expected)
    })
  it('asks for tasks on every node, their CPUs and memory; for one task on each of several', () => {
    const wanted = { nodes: 2, tasksPerNode: 16, cpusPerTask: 2, memory: '64G' }
    const argsOf = (resources: Partial<JobSpec['resources']>) =>
      submissionArgs({ ...job, resources: { ...job.resources, ...resources } }).join(' ')
    expect(argsOf(wanted)).to.include('--nodes=2 --ntasks-per-node=16 --cpus-per-task=2 --mem=64G ')
    expect(argsOf({ nodes: 2 })).to.include('--nodes=2 --ntasks-per-node=1 --partition')
    expect(argsOf({})).to.include('--nodes=1 --partition')
  })
  it('keeps a % in a path from becoming a pattern', () =>
    expect(submissionArgs(job)).to.include('--output=/scratch/100%%/runs/x/stdout.log'))
  it('finds its id behind a site’s banner, and knows that it is not proven', () => {
    expect(parseSubmittedIds('4812345\n')).to.deep.equal([
      { id: '4812345', cluster: undefined, isPlain: true },
    ])
    expect(parseSubmittedIds('Welcome!\n 4812345;mel \n')).to.deep.equal([
      { id: '4812345', cluster: 'mel', isPlain: false },
    ])
    expect(parseSubmittedIds('Submitted batch job 7 on cluster b')).to.deep.equal([
      { id: '7', cluster: 'b', isPlain: false },
    ])
    expect(parseSubmittedIds('12 jobs of yours wait')).to.deep.equal([])
  })
  it('names the partition that was meant', async () => {
    const error = await refuse(
      'sbatch: error: invalid partition specified: gpus\nsbatch: error: Batch job submission failed: Invalid partition name specified',
    )
    expect(error.message).to.equal('There is no partition "gpus" here; did you mean "gpu"?')
    expect([error.exitCode, error.hints[0]]).to.deep.equal([3, 'partitions: cpu gpu'])
  })
  it('tells a stalled controller from a dead one', async () => {
    expect(
      (
        await refuse(
          'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation',
        )
      ).code,
    ).to.equal('AIB_SUBMIT_UNCERTAIN')
    expect((await refuse('', true)).code).to.equal('AIB_SUBMIT_UNCERTAIN')
    expect(
      (
        await refuse(
          'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)',
        )
      ).code,
    ).to.equal('AIB_SCHEDULER_DOWN')
  })
  for (const [stderr, code] of [
    ['Invalid account or account/partition combination specified', 'AIB_ACCOUNT'],
    ['Invalid qos specification', 'AIB_QOS'],
    ['Requested time limit is invalid (missing or exceeds some limit)', 'AIB_TIME_LIMIT'],
    ['Node count specification invalid', 'AIB_NODES'],
    ['Requested node configuration is not available', 'AIB_NODES'],
    [
      "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
      'AIB_LIMIT',
    ],
  ] as const)
    it(`understands "${stderr}"`, async () =>
      expect((await refuse(`sbatch: error: Batch job submission failed: ${stderr}`)).code).to.equal(
        code,
      ))
})

describe('a refusal in a site’s words', () => {
  for (const { title, lines, code } of [
    {
      title: 'a QoS, with the projects that may have it',
      lines: ['QOS gpu_long is for projects p1, p2 only', 'Invalid qos specification'],
      code: 'AIB_QOS',
    },
    {
      title: 'a QoS, where Slurm says nothing',
      lines: ['Your project may not use QOS "long"; use --qos=short', 'Unspecified error'],
      code: 'AIB_QOS',
    },
    {
      title: 'a time, with the project that asks',
      lines: ['walltime of project p1 is 24 h at most', 'Unspecified error'],
      code: 'AIB_TIME_LIMIT',
    },
    {
      title: 'no account',
      lines: ['no project given. Use --account=PROJECT', 'Unspecified error'],
      code: 'AIB_ACCOUNT',
    },
    {
      title: 'GPUs, with an address that has the word account in it',
      lines: [
        'This partition takes --gpus only,',
        'see https://docs.example/project/gpu or ask account-desk@site.example',
        'Unspecified error',
      ],
      code: 'AIB_REFUSED',
    },
  ])
    it(`about ${title} is of that kind, and all its lines are shown`, async () => {
      const said = lines.map((line) => `sbatch: error: ${line}`)
      said[said.length - 1] = `sbatch: error: Batch job submission failed: ${lines.at(-1)}`
      const error = await refuse(said.join('\n'))
      expect(error.code).to.equal(code)
      const shown = [error.message, error.where].join('\n')
      for (const line of lines.slice(0, -1)) expect(shown.split(line)).to.have.length(2)
    })
})

describe('the environment of Slurm’s commands', () => {
  it('keeps SLURM_CONF and nothing else of Slurm’s', () =>
    expect(
      scrub({
        SBATCH_PARTITION: 'x',
        SQUEUE_FORMAT: '%i',
        SLURM_JOB_ID: '1',
        SLURM_CONF: '/c',
        PATH: '/bin',
      }),
    ).to.deep.equal({
      SLURM_CONF: '/c',
      PATH: '/bin',
      LC_ALL: 'C',
    }))
})
