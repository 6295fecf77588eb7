import { expect } from 'chai'
import { createSlurmScheduler } from '../../../../src/lib/scheduler/slurm/scheduler.js'
import { answering } from '../../../support/context.js'
import { clock, environmentIn } from '../../../support/surroundings.js'

const JOB = { id: '7', token: 't', name: 'n', runDir: '/r', cluster: null }

const schedulerWith = (variables: Record<string, string>) =>
  createSlurmScheduler({
    clock,
    processes: answering([]),
    environment: environmentIn('/nowhere', variables),
  })

describe('a program that is run beside a job', () => {
  it('does not get the Slurm variables of the user’s shell, but for SLURM_CONF', () => {
    const scheduler = schedulerWith({ SLURM_PARTITION: 'nonsense', SLURM_CONF: '/etc/slurm.conf' })
    const argv = scheduler.step(JOB, ['node', 'worker.js'])
    expect(argv[0]).to.equal('env')
    expect(argv).to.include('--unset=SLURM_PARTITION')
    expect(argv).to.not.include('--unset=SLURM_CONF')
    expect(argv.indexOf('srun')).to.be.above(argv.indexOf('--unset=SLURM_PARTITION'))
    expect(argv.slice(-2)).to.deep.equal(['node', 'worker.js'])
  })

  it('has as many tasks on as many nodes as it wants, and asks for nothing of its own', () => {
    const argv = schedulerWith({}).step(JOB, ['ior'], { nodes: 2, tasks: 32, onNode: 1 })
    expect(argv.slice(argv.indexOf('srun'))).to.deep.equal([
      ...['srun', '--jobid=7', '--overlap', '--nodes=2', '--ntasks=32', '--ntasks-per-node=16'],
      ...['--mem=0', '--gres=none', '--quiet', '--export=ALL', '--relative=1', 'ior'],
    ])
  })

  it('inside an allocation is known by its variables', () =>
    expect(schedulerWith({ SLURM_JOB_ID: '7' }).step(null, ['ior']).slice(0, 2)).to.deep.equal([
      ...['srun', '--overlap'],
    ]))

  it('on nodes of its own has one task on each, and runs on the first', () => {
    const argv = schedulerWith({}).ownAllocation(['node', 'worker.js'], {
      nodes: 3,
      timeLimitMs: 60_000,
    })!
    expect(argv).to.include.members(['--nodes=3', '--ntasks-per-node=1', '--time=00:01:00'])
    expect(argv.join(' ')).to.match(
      /bash -c \(\(SLURM_PROCID\)\) \|\| exec "\$@" bash node worker\.js$/,
    )
  })
})
