import { expect } from 'chai'
import type { PrometheusApi } from '../../../../src/lib/monitoring/prometheus/client.js'
import { Storing } from '../../../../src/lib/services/monitors/job/storing.js'

const START_MS = Date.parse('2026-11-24T10:15:00Z')
const MIB = 1024 * 1024

/** A Prometheus that last kept something then, and a disk. */
function storing({ scrapeIntervalMs = 1_000 } = {}) {
  const world = { keptMs: null as number | null, freeBytes: 1000 * MIB, isThere: true }
  const api: Pick<PrometheusApi, 'query'> = {
    query: async () => {
      if (!world.isThere) throw new Error('Prometheus does not answer')
      const { keptMs } = world
      if (keptMs === null) return []
      return [{ labels: {}, samples: [{ at: START_MS, value: keptMs / 1000 }] }]
    },
  }
  const storing = new Storing({
    ...{ api, dir: '/scratch/tsdb', scrapeIntervalMs, instance: { id: 'm1', name: 'mine' } },
    roomIn: async () => world,
  })
  const at = async (seconds: number) => {
    const { trouble } = await storing.look(new Date(START_MS + seconds * 1000))
    return trouble
  }
  return { world, at }
}

describe('whether figures are kept', () => {
  it('is no trouble while they are, or have only just begun to be', async () => {
    const { world, at } = storing()
    expect(await at(0)).to.deep.equal([])
    expect(await at(9)).to.deep.equal([])
    world.keptMs = START_MS + 8_000
    expect(await at(17)).to.deep.equal([])
  })

  it('is told with the moment since when not, and why as far as it is known', async () => {
    const { world, at } = storing()
    world.keptMs = START_MS + 8_000
    await at(8)
    // Queries forget what is half a minute old.
    world.keptMs = null
    world.freeBytes = 4096
    expect(await at(40)).to.deep.equal([
      'nothing has been stored since 10:15:08 UTC: no space left in /scratch/tsdb',
    ])
    world.freeBytes = 1000 * MIB
    expect(await at(40)).to.deep.equal([
      'nothing has been stored since 10:15:08 UTC: aibench monitors logs mine prometheus says why',
    ])
  })

  it('is not expected sooner than it is asked for', async () => {
    const { at } = storing({ scrapeIntervalMs: 60_000 })
    await at(0)
    expect(await at(299)).to.deep.equal([])
    expect((await at(301)).join()).to.include('nothing has been stored since 10:15:00')
  })

  it('begins anew after a time in which Prometheus did not answer', async () => {
    const { world, at } = storing()
    world.keptMs = START_MS
    await at(0)
    world.isThere = false
    expect(await at(60).catch((error: Error) => error.message)).to.match(/does not answer/)
    world.isThere = true
    expect(await at(61)).to.deep.equal([])
    expect((await at(71)).join()).to.include('since 10:16:00')
  })

  it('is warned of before: little room is left', async () => {
    const { world, at } = storing()
    world.keptMs = START_MS
    world.freeBytes = 12 * MIB
    expect(await at(1)).to.deep.equal([
      'little space is left for the data in /scratch/tsdb: 12.0 MiB',
    ])
  })
})
