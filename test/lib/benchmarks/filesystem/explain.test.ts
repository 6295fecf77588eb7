import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { explain } from '../../../../src/lib/benchmarks/filesystem/explain.js'
import { writeRunPlan } from '../../../../src/lib/instrument/filesystem/run-plan.js'
import type { Instance } from '../../../../src/lib/state/schema.js'
import { contextWith, jobWith } from '../../../support/context.js'
import { instanceWith } from '../../../support/instances.js'
import { PLAN } from '../../../support/live-replay.js'
import { rejection, temporaryFolder } from '../../../support/surroundings.js'

async function explaining(change: Partial<Instance>) {
  await using folder = await temporaryFolder()
  const runDir = folder.path
  await writeRunPlan(runDir, PLAN)
  // The scripts of a job speak of all that can happen to one.
  await mkdir(join(runDir, 'lib'))
  await writeFile(join(runDir, 'lib', 'members.sh'), "grep -E 'out of memory' \n")
  await writeFile(join(runDir, 'stdout.log'), 'aibench: ✗ Another run is at work in /scratch.\n')
  const instance = instanceWith({ service: 'lustre', name: 'io500', runDir, ...change })
  await using context = await contextWith([{ ...instance, shape: 'batch' }])
  context.scripted.jobs.push(jobWith({ token: instance.token, state: 'running' }))
  const request = { paths: ['io500'], strict: false, note: () => undefined }
  return await rejection(explain({ ...request, context: async () => context }))
}

describe('explaining a run of ours', () => {
  it('waits for its end', async () => {
    const error = await explaining({ phase: 'running' })
    expect(error).to.deep.include({
      message: 'io500 is not done: it can be explained when it is',
      exitCode: 8,
    })
  })

  it('says why it ended where nothing was measured, by its log and not by its scripts', async () => {
    const error = await explaining({
      phase: 'ended',
      outcome: {
        kind: 'failed',
        exitCode: 3,
        signal: null,
        proof: 'receipt',
        summary: 'exit code 3',
      },
    })
    expect(error.message).to.equal(
      'The job ended before the run began: another run is at work in /scratch.',
    )
    expect(error).to.deep.include({ exitCode: 6 })
    expect((error as unknown as { hints: string[] }).hints).to.deep.equal([
      'aibench lustre logs io500 --stderr',
    ])
  })
})
