import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { updateJobRecord } from '../../../src/lib/state/run-directories.js'
import { contextWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'

describe('a state that is rebuilt', () => {
  it('knows the ends that only the scheduler knew, and the ids of the jobs', async () => {
    await using context = await contextWith()
    const runDir = join(context.environment.runsDir, '20261124T101500-chroma-k3f9')
    await mkdir(runDir, { recursive: true })
    const asked = instanceWith({ runDir, jobId: null, phase: 'intended', scheduler: 'slurm' })
    const record = { schema: 'aibench/job/1', instance: asked, argv: [], provenance: {} }
    await writeFile(join(runDir, 'job.json'), JSON.stringify(record))
    const submitted = { ...asked, jobId: '43', phase: 'submitted' as const }
    await updateJobRecord(submitted)
    await context.state.repair()
    const of = async () => (await context.state.read()).instances.k3f9
    expect(await of()).to.include({ jobId: '43', phase: 'submitted' })

    const outcome = {
      ...{ kind: 'preempted' as const, exitCode: null, signal: null, proof: 'scheduler' as const },
      summary: 'the job was preempted',
    }
    const endedAt = '2026-11-24T11:00:00.000Z'
    await updateJobRecord({ ...submitted, phase: 'ended', outcome, endedAt })
    await context.state.repair()
    expect(await of()).to.deep.include({ phase: 'ended', outcome, endedAt })
  })

  it('has nothing from a folder that is gone', () =>
    updateJobRecord(instanceWith({ runDir: '/nowhere/at/all' })))
})
