import { expect } from 'chai'
import type { Device } from '../../../../src/lib/scheduler/local/devices.js'
import { GpuClaims } from '../../../../src/lib/scheduler/local/gpu-claims.js'
import { clock, rejection, temporaryFolder } from '../../../support/surroundings.js'

const devices = (count: number): Device[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ id: String(index), name: 'NVIDIA H100', uuid: null, usedMiB: 0 },
    variable: 'CUDA_VISIBLE_DEVICES',
  }))

function claims(folder: string, dead: ReadonlySet<string> = new Set()) {
  return new GpuClaims({ folder, host: 'vm', clock, isAlive: async (id) => !dead.has(id) })
}
const ids = (taken: readonly Device[]) => taken.map(({ id }) => id)

describe('GPUs that jobs of this machine have taken', () => {
  it('are handed to one job each, also when many ask at the same time', async () => {
    await using folder = await temporaryFolder()
    const jobs = Array.from({ length: 12 }, (_, index) => `local-${index}`)
    const ends = await Promise.allSettled(
      jobs.map((job) => claims(folder.path).take(job, 1, devices(8))),
    )
    const taken = ends.flatMap((end) => (end.status === 'fulfilled' ? ids(end.value) : []))
    expect(taken.sort()).to.deep.equal(['0', '1', '2', '3', '4', '5', '6', '7'])
    expect(ends.filter(({ status }) => status === 'rejected')).to.have.lengthOf(4)
  })

  it('are all given or none, and it is said who has them', async () => {
    await using folder = await temporaryFolder()
    await claims(folder.path).take('local-a', 1, devices(2))
    const error = await rejection(claims(folder.path).take('local-b', 2, devices(2)))
    expect(error).to.include({ exitCode: 3, code: 'AIB_GPUS_BUSY' })
    expect(error.message).to.include('Only 1 GPU is free of the 2')
    expect(error.where).to.equal('GPU 0 (NVIDIA H100): job local-a')
    expect(ids(await claims(folder.path).take('local-c', 1, devices(2)))).to.deep.equal(['1'])
  })

  it('of a job that has ended go to the next, and to one only', async () => {
    await using folder = await temporaryFolder()
    await claims(folder.path).take('local-dead', 1, devices(1))
    const dead = new Set(['local-dead'])
    const ends = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map((job) => claims(folder.path, dead).take(job, 1, devices(1))),
    )
    expect(ends.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(1)
  })

  it('are refused when the machine has not so many', async () => {
    await using folder = await temporaryFolder()
    const few = await rejection(claims(folder.path).take('a', 2, devices(1)))
    expect(few).to.include({ code: 'AIB_GPUS', message: 'This machine has 1 GPU, not 2' })
    const none = await rejection(claims(folder.path).take('a', 1, []))
    expect(none.message).to.include('no GPU')
  })
})
