import { expect } from 'chai'
import { createSlurmScheduler } from '../../src/lib/scheduler/slurm/scheduler.js'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { answering } from '../support/context.js'
import { clock, environmentIn } from '../support/surroundings.js'
import { Cluster } from './cluster.js'

const WHO = 'echo "$SLURM_PROCID on $SLURMD_NODENAME"'

describe('a step of a real Slurm job', function () {
  this.timeout(180_000)
  const cluster = Cluster.forTests({ nodes: 3 })

  it('has its tasks spread over its nodes, beside what the job does there', async () => {
    const { data } = await cluster.json([
      ...['chroma', 'start', '--wait', '--nodes', '2', '--tasks-per-node', '2', '--mem', '512M'],
    ])
    const { jobId, nodes } = data.instance as InstanceReport
    const scheduler = createSlurmScheduler({
      ...{ clock, processes: answering([]), environment: environmentIn(cluster.home) },
    })
    const job = { id: jobId, token: '', name: '', runDir: '', cluster: null }
    const run = (where: object) => {
      const argv = scheduler.step(job, ['bash', '-c', WHO], where)
      const said = cluster.asUser(...(argv as [string, ...string[]]))
      return said.trim().split('\n').sort()
    }
    expect(run({ nodes: 2, tasks: 4 })).to.deep.equal([
      ...[`0 on ${nodes[0]}`, `1 on ${nodes[0]}`, `2 on ${nodes[1]}`, `3 on ${nodes[1]}`],
    ])
    expect(run({ onNode: 1 })).to.deep.equal([`0 on ${nodes[1]}`])
    expect(run({})).to.deep.equal([`0 on ${nodes[0]}`])
    const asked = cluster.slurm('scontrol', 'show', 'job', jobId!)
    expect(asked).to.include('NumNodes=2').and.include('MinMemoryNode=512M')
    expect((await cluster.json(['chroma', 'stop'])).ok).to.equal(true)
  })
})
