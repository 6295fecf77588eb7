import { expect } from 'chai'
import { Rng } from '../../../../../src/lib/instrument/rng.js'
import { Distances, type Space } from '../../../../../src/lib/instrument/vectors/distance.js'
import { search } from '../../../../../src/lib/instrument/vectors/truth/ground-truth.js'
import { kernelOn } from '../../../../../src/lib/instrument/vectors/truth/kernel.js'
import { findNearest } from '../../../../../src/lib/instrument/vectors/truth/threads.js'

const SPACES: readonly Space[] = ['cosine', 'l2', 'ip']

/** Rows made one by one; the queries are the last of them. Three blocks of the search: in the first, all is computed exactly. */
function setOf(
  { count = 6_001, queryCount = 9, dim = 24 },
  row: (rng: Rng, row: number) => (d: number) => number,
) {
  const rng = new Rng(1, 'test')
  const rows = Array.from({ length: count + queryCount }, (_, i) =>
    Float32Array.from({ length: dim }, (_, d) => row(rng, i)(d)),
  )
  const flat = (some: Float32Array[]) => Float32Array.from(some.flatMap((one) => [...one]))
  return {
    ...{ count, queryCount, dim },
    ...{ base: flat(rows.slice(0, count)), queries: flat(rows.slice(count)) },
  }
}

/** By double-precision distances and a sort; of equal ones the lower id first. */
function sorted(set: ReturnType<typeof setOf>, space: Space, k: number): number[] {
  const distances = new Distances(set, space)
  return Array.from({ length: set.queryCount }, (_, q) => {
    const all = Array.from({ length: set.count }, (_, v) => ({ v, d: distances.between(q, v) }))
    const near = all.filter(({ d }) => !Number.isNaN(d)).sort((a, b) => a.d - b.d || a.v - b.v)
    return Array.from({ length: k }, (_, i) => near[i]?.v ?? -1)
  }).flat()
}

const normal = (rng: Rng) => () => rng.normal()

/** Where sums in float32 err, over- or underflow, or tie. */
const SETS = [
  { title: 'independent numbers', set: setOf({}, normal) },
  {
    title: 'odd numbers of rows, queries and components',
    set: setOf({ count: 103, queryCount: 9, dim: 7 }, normal),
  },
  { title: 'one query and one component', set: setOf({ queryCount: 1, dim: 1 }, normal) },
  { title: 'fewer vectors than k', set: setOf({ count: 3 }, normal) },
  {
    title: 'many that are the same',
    set: setOf({}, (_, row) => (d) => ((row % 7) * (d + 1)) % 5),
  },
  {
    title: 'differences below what a float32 sum can tell',
    set: setOf({ dim: 150 }, (rng) => (d) => 1000 * Math.sin(d * d) + rng.normal() / 10),
  },
  { title: 'huge components', set: setOf({}, (rng) => () => rng.normal() * 1e37) },
  { title: 'tiny components', set: setOf({}, (rng) => () => rng.normal() * 1e-38) },
  {
    title: 'lengths of all sizes',
    set: setOf({}, (rng, row) => () => rng.normal() * 10 ** ((row % 61) - 30)),
  },
  {
    title: 'vectors and queries of zeros',
    set: setOf({}, (rng, row) => () => (row % 5 === 0 ? 0 : rng.normal())),
  },
]

describe('the nearest', () => {
  for (const { title, set } of SETS)
    for (const kernel of ['fastest', 'plain'] as const)
      it(`of ${title} are those of double precision (${kernel})`, async () => {
        for (const space of SPACES) {
          const { ids } = await findNearest(set, { k: 5, space, kernel, threads: 0 })
          expect([...ids], space).to.deep.equal(sorted(set, space, 5))
        }
      })

  it('are the same whatever the threads, and each vector is searched once', async () => {
    const set = setOf({ count: 9_000, queryCount: 5, dim: 70 }, normal)
    for (const threads of [1, 3]) {
      const progress: number[] = []
      const onProgress = (vectors: number) => void progress.push(vectors)
      const { ids } = await findNearest(set, { k: 8, space: 'l2', threads, onProgress })
      expect([...ids]).to.deep.equal(sorted(set, 'l2', 8))
      expect(progress.length).to.be.above(1)
      expect(progress.at(-1)).to.equal(set.count)
    }
  })

  it('are found without threads when those do not start', async () => {
    const set = setOf({ count: 50 }, normal)
    const nowhere = new URL('./there-is-no-such-thread.js', import.meta.url)
    const { ids } = await findNearest(set, { k: 5, space: 'ip', threads: 2 }, nowhere)
    expect([...ids]).to.deep.equal(sorted(set, 'ip', 5))
  })

  for (const threads of [0, 2])
    it(`are searched no further when told to stop (${threads} threads)`, async () => {
      const set = setOf({ count: 40_000, queryCount: 2, dim: 70 }, (_, row) => () => row)
      const stop = new AbortController()
      let searched = 0
      const onProgress = (vectors: number) => {
        searched = vectors
        stop.abort(new Error('enough'))
      }
      const how = { k: 5, space: 'l2' as const, threads, signal: stop.signal, onProgress }
      const error = await findNearest(set, how).then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      expect(error?.message).to.equal('enough')
      expect(searched).to.be.below(set.count)
    })

  it('let others have their turn', async () => {
    const set = setOf({ count: 40_000, queryCount: 2, dim: 70 }, (_, row) => () => row)
    let [turns, isOver] = [0, false]
    const others = (async () => {
      for (; !isOver; turns++) await new Promise(setImmediate)
    })()
    await findNearest(set, { k: 5, space: 'l2', threads: 0 })
    isOver = true
    await others
    expect(turns).to.be.above(5)
  })

  it('of fewer vectors than k have the farthest of all as their k-th', async () => {
    const set = setOf({ count: 3 }, normal)
    const { kthDistance } = await search(set, { k: 5, space: 'l2' })
    const distances = new Distances(set, 'l2')
    const farthest = Math.max(...[0, 1, 2].map((v) => distances.between(0, v)))
    expect(kthDistance[0]).to.equal(farthest)
  })

  it('are scored by WebAssembly here', () => {
    expect(kernelOn(1).memory.byteLength).to.equal(65_536)
  })
})
