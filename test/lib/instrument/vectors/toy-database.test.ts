import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TOY } from '../../../support/toy-database/protocol.js'
import { toyDatabase } from '../../../support/toy-database/server.js'
import { benchVectors, vectorConfig } from '../../../support/vector-bench.js'

const PROGRAM = fileURLToPath(new URL('../../../support/toy-database/worker.ts', import.meta.url))
const SERVICE = {
  ...{ kind: 'toy', title: 'Toy', protocol: 'toy', tokenFlag: '--token-file', callPath: '/limits' },
}

describe('a vector database that only its own files know', function () {
  this.timeout(60_000)
  let dir: string
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-toy-'))))
  afterEach(() => rm(dir, { recursive: true }))

  it('is benchmarked by two workers: data, truth, ingest, levels, recall, ceiling', async () => {
    await using database = await toyDatabase()
    const plan = {
      space: 'l2' as const,
      clients: 2,
      repeats: 1,
      concurrency: [4],
      slo: ['recall>=1'],
    }
    const config = vectorConfig(dir, database.url, plan, { service: SERVICE })
    const { result } = await benchVectors(config, {
      program: PROGRAM,
      protocols: { toy: async () => TOY },
    })
    expect(result.product.name).to.equal('Toy')
    expect(result.errors).to.deep.equal([])
    expect(result.workload).to.include({ clients: 2, vectors: 300 })
    expect(result.concurrent[0]).to.include({ recallAtK: 1, peakInFlight: 4 })
    expect(result.instrument).to.include({ workers: 2 })
    expect(result.instrument.ceilingPerSecond).to.be.above(100)
    expect(result.thresholds.map(({ met }) => met)).to.deep.equal([true])
    expect(database.tables.size).to.equal(0)
  })
})
