import { expect } from 'chai'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDataset } from '../../../../src/lib/instrument/vectors/dataset.js'
import type { VectorPlan } from '../../../../src/lib/instrument/vectors/plan.js'
import type { UsageError } from '../../../../src/lib/platform/errors.js'

type Table = [data: Float32Array | Float64Array | Int32Array | BigInt64Array, rows: number]

/** Written by the HDF5 library itself. */
async function put(
  path: string,
  tables: Readonly<Record<string, Table>>,
  { distance = 'euclidean', isPacked = false }: { distance?: string; isPacked?: boolean } = {},
): Promise<string> {
  const h5 = await import('h5wasm/node')
  await h5.ready
  const file = new h5.File(path, 'w')
  file.create_attribute('distance', distance)
  for (const [name, [data, rows]] of Object.entries(tables)) {
    const shape = [rows, data.length / rows]
    const packed = isPacked ? { chunks: shape, compression: 9 } : {}
    file.create_dataset({ name, data, shape, ...packed })
  }
  file.close()
  return path
}

const TRAIN: Table = [Float32Array.from({ length: 24 }, (_, i) => (i * 7) % 11), 8]
const TEST: Table = [Float32Array.of(1, 2, 3, 4, 5, 6), 2]
const NEIGHBOURS: Table = [Int32Array.of(0, 1, 2, 3, 4, 5), 2]

describe('a file of ann-benchmarks', function () {
  this.timeout(30_000)
  let dir: string
  before(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-hdf5-'))))
  after(() => rm(dir, { recursive: true }))

  const plan = (path: string, more: Partial<VectorPlan> = {}): VectorPlan => ({
    schema: 'aibench/vector-plan/1',
    dataset: { kind: 'file', path, seed: 1 },
    ...{ space: null, k: 3, queries: 1000, batch: 100, concurrency: [1], ratePerSecond: null },
    ...{ durationMs: 100, repeats: 1, client: 'raw', seed: 1, slo: [], errorRateLimit: 0.01 },
    keepCollection: false,
    ...{ goodput: null, findMaxRate: false, clients: 1 },
    ...more,
  })
  const all = { train: TRAIN, test: TEST, neighbors: NEIGHBOURS }
  const refused = async (path: string, more: Partial<VectorPlan> = {}) => {
    const error = (await loadDataset(plan(path, more)).catch(
      (thrown: unknown) => thrown,
    )) as UsageError
    expect(error).to.include({ exitCode: 2, code: 'AIB_VECTOR_FILE' })
    return error
  }

  for (const isPacked of [false, true])
    it(`is read with its queries, truth and distance${isPacked ? ', packed too' : ''}`, async () => {
      const path = await put(join(dir, `a-${isPacked}.hdf5`), all, { isPacked })
      const dataset = await loadDataset(plan(path))
      expect(dataset).to.include({ count: 8, dim: 3, queryCount: 2, space: 'l2' })
      expect([...dataset.base]).to.deep.equal([...TRAIN[0]])
      expect([...dataset.queries]).to.deep.equal([...TEST[0]])
      expect(dataset.given).to.deep.include({ k: 3, ids: NEIGHBOURS[0] })
    })

  it('may hold doubles and wide integers', async () => {
    const path = await put(join(dir, 'wide.hdf5'), {
      train: [Float64Array.from(TRAIN[0] as Float32Array), 8],
      test: TEST,
      neighbors: [BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n), 2],
    })
    const dataset = await loadDataset(plan(path))
    expect([...dataset.base]).to.deep.equal([...TRAIN[0]])
    expect([...dataset.given!.ids]).to.deep.equal([0, 1, 2, 3, 4, 5])
  })

  it('has no truth for fewer vectors, for a larger k, or for another distance', async () => {
    const path = await put(join(dir, 'b.hdf5'), all)
    const dataset = { kind: 'file' as const, path, seed: 1, vectors: 6 }
    expect(await loadDataset(plan(path, { dataset }))).to.include({ count: 6, given: null })
    expect((await loadDataset(plan(path, { k: 4 }))).given).to.equal(null)
    expect(await loadDataset(plan(path, { space: 'ip' }))).to.include({ given: null, space: 'ip' })
  })

  it('in a distance that Chroma has not is refused', async () => {
    const path = await put(join(dir, 'bits.hdf5'), all, { distance: 'hamming' })
    expect((await refused(path)).message).to.match(/its distance is hamming: Chroma has cosine/)
  })

  it('without its tables is refused', async () => {
    const path = await put(join(dir, 'c.hdf5'), { vectors: TRAIN })
    expect((await refused(path)).message).to.match(/no table "train"/)
  })

  it('with NaN in it is refused, with its place', async () => {
    const bad = Float32Array.from(TRAIN[0] as Float32Array)
    bad[7] = NaN
    const path = await put(join(dir, 'nan.hdf5'), { ...all, train: [bad, 8] })
    expect((await refused(path)).message).to.match(/row 2, column 1 is NaN/)
  })

  it('that is none, or was cut off, is refused in words', async () => {
    const none = join(dir, 'none.hdf5')
    await writeFile(none, 'hello')
    expect((await refused(none)).message).to.match(/not a complete HDF5 file/)
    const cut = await put(join(dir, 'cut.hdf5'), all)
    await truncate(cut, 900)
    expect((await refused(cut)).message).to.match(/HDF5 file/)
    expect((await refused(join(dir, 'gone.hdf5'))).message).to.match(/no such file/)
  })
})
