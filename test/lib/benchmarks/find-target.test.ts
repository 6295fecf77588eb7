import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OPEN } from '../../../src/lib/instrument/http/access.js'
import { UsageError } from '../../../src/lib/platform/errors.js'
import type { Endpoint } from '../../../src/lib/scheduler/receipt.js'
import { provenanceOf, targetOf } from '../../../src/lib/benchmarks/find-target.js'
import { fakeChroma } from '../../fixtures/fake-chroma.js'
import { contextWith, jobWith } from '../../support/context.js'
import { ENDPOINT as AT, instanceWith } from '../../support/instances.js'
import { CHROMA } from '../../support/measured.js'
import { rejection } from '../../support/surroundings.js'

const MINUTE = 60_000
const request = (neededMs: number | null) => ({
  ...{ server: null, neededMs },
  shorter: 'aibench chroma bench --duration 2s',
})

/** Ready, on a node, with ten minutes left. */
async function ready(said: Partial<Endpoint> = {}) {
  const context = await contextWith()
  const runDir = join(context.folder, 'run')
  await mkdir(runDir)
  const instance = instanceWith({ scheduler: 'slurm', jobId: '4812345', runDir })
  const endpoint = {
    ...{ jobId: '4812345', token: instance.token, ...AT, ip: '10.0.0.1', pid: 7 },
    ...{ startedAt: instance.startedAt, ...said },
  }
  await writeFile(join(runDir, 'endpoint.json'), JSON.stringify(endpoint))
  await writeFile(join(runDir, 'job.json'), '{"provenance": {"version": "1.5.9"}}')
  await context.state.update((draft) => void (draft.instances.k3f9 = instance))
  context.scripted.jobs = [jobWith({ endsAt: new Date('2026-11-24T10:30:00.000Z') })]
  return context
}

describe('the server that a benchmark is aimed at', () => {
  it('must have the time that the benchmark takes', async () => {
    await using context = await ready()
    const error = await rejection(targetOf(context, CHROMA, request(11 * MINUTE)))
    expect(error).to.be.instanceOf(UsageError).and.include({ code: 'AIB_WALLTIME' })
    expect(error.message).to.match(/needs about 11m.*chroma has only 10m/)
    expect(error.hints).to.deep.equal([
      'aibench chroma bench --duration 2s',
      'aibench chroma start --time 2h',
    ])
  })

  for (const neededMs of [10 * MINUTE, null])
    it(`is taken when it has: ${neededMs === null ? 'nobody can tell' : 'to the minute'}`, async () => {
      await using context = await ready()
      expect(await targetOf(context, CHROMA, request(neededMs))).to.include({
        ...{ label: 'chroma', url: 'http://127.0.0.1:39857', path: 'loopback', server: null },
      })
    })

  it('is asked from beside it, in its job', async () => {
    await using context = await ready()
    context.scripted.step = (job, argv) => ['srun', `--jobid=${job?.id}`, ...argv]
    const { beside } = await targetOf(context, CHROMA, request(null))
    expect(beside(['node', 'worker.js'])).to.deep.equal([
      ...['srun', '--jobid=4812345', 'node', 'worker.js'],
    ])
  })

  it('of which only the address is known has no job and no time limit', async () => {
    await using context = await contextWith()
    await using chroma = await fakeChroma()
    const server = { ...OPEN, url: chroma.url }
    const target = await targetOf(context, CHROMA, { ...request(1e9), server })
    expect(target).to.include({ observation: null, serverPid: null, server })
    expect(target.beside(['worker'])).to.deep.equal(['worker'])
  })
})

describe('where it was measured', () => {
  it('says who else could have reached the server, and what it was', async () => {
    for (const [closed, access] of [
      [false, 'node'],
      [true, 'token'],
    ] as const) {
      await using context = await ready({ closed })
      const target = await targetOf(context, CHROMA, request(null))
      expect(await provenanceOf(context, target)).to.deep.include({
        ...{ access, jobId: '4812345', scheduler: 'scripted', profile: 'default' },
        server: { version: '1.5.9' },
      })
    }
  })

  it('of somebody’s server names the headers, and no server of ours', async () => {
    await using context = await contextWith()
    const target = { observation: null, headers: ['x-api-key'] } as never
    expect(await provenanceOf(context, target)).to.deep.include({
      ...{ server: null, headers: ['x-api-key'] },
    })
  })
})
