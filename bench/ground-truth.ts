/**
 * The search for the true neighbours, as the worker does it, against what it was before it had threads and SIMD: one thread, eight sums
 * in double precision at a time.
 *
 *   npx tsx bench/ground-truth.ts [VECTORS [DIM [QUERIES [THREADS]]]]
 *
 * Targets: ≥ 4 × on two cores, and 1 M × 128 with 1,000 queries in ≤ 30 s there. The old way is measured on a part of the queries and
 * of the vectors, since it takes minutes for all. Both are given by the clock and by CPU time: where other processes take their share of
 * the cores, only the latter can be compared.
 */
import { availableParallelism } from 'node:os'
import { Rng } from '../src/lib/instrument/rng.js'
import { type VectorSet } from '../src/lib/instrument/vectors/distance.js'
import { findNearest } from '../src/lib/instrument/vectors/truth/threads.js'
import { formatCount, formatNumber } from '../src/lib/platform/units.js'

const [vectors = 1_000_000, dim = 128, queries = 1_000, threads = availableParallelism()] =
  process.argv.slice(2).map(Number)
const K = 10
const PART = { vectors: 50_000, queries: 200 }

async function main(): Promise<void> {
  const set = {
    ...{ base: normal(vectors * dim, 'base'), count: vectors, dim },
    ...{ queries: normal(queries * dim, 'queries'), queryCount: queries },
  }
  console.log(
    `${formatCount(vectors)} × ${dim}, ${formatCount(queries)} queries, ${threads} threads`,
  )
  const part = partOf(set)
  const before = await timed(part, () => searchAsBefore(part))
  const [plain, one, all] = [
    await timed(part, () =>
      findNearest(part, { k: K, space: 'cosine', threads: 1, kernel: 'plain' }),
    ),
    await timed(part, () => findNearest(part, { k: K, space: 'cosine', threads: 1 })),
    await timed(set, () => findNearest(set, { k: K, space: 'cosine', threads })),
  ]
  const row = (name: string, { seconds, cpuSeconds, products }: Timed) =>
    console.log(
      name.padEnd(24) +
        `${formatNumber(seconds)} s`.padStart(10) +
        `${formatNumber(products / seconds / 1e9)} G/s`.padStart(12) +
        `${formatNumber(rate(products, seconds) / rate(before.products, before.seconds))} ×`.padStart(
          10,
        ) +
        `${formatNumber(products / cpuSeconds / 1e9)} G/CPU s`.padStart(16) +
        `${formatNumber(rate(products, cpuSeconds) / rate(before.products, before.cpuSeconds))} ×`.padStart(
          10,
        ),
    )
  row('before (a part)', before)
  row('plain kernel (a part)', plain)
  row('one thread (a part)', one)
  row('all', all)
}

interface Timed {
  seconds: number
  cpuSeconds: number
  /** Multiplications and additions. */
  products: number
}

const rate = (products: number, seconds: number) => products / seconds

async function timed(set: VectorSet, work: () => unknown): Promise<Timed> {
  const [startMs, cpu] = [performance.now(), process.cpuUsage()]
  await work()
  const seconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const products = set.count * set.queryCount * set.dim
  return { seconds, cpuSeconds: (user + system) / 1e6, products }
}

function partOf(set: VectorSet): VectorSet {
  const count = Math.min(set.count, PART.vectors)
  const queryCount = Math.min(set.queryCount, PART.queries)
  return {
    ...{ base: set.base.subarray(0, count * set.dim), count, dim: set.dim },
    ...{ queries: set.queries.subarray(0, queryCount * set.dim), queryCount },
  }
}

function normal(length: number, stream: string): Float32Array {
  const rng = new Rng(1, stream)
  const data = new Float32Array(length)
  for (let i = 0; i < length; i++) data[i] = rng.normal()
  return data
}

/** Four queries with two vectors at a time, and a sorted list of k a query. */
function searchAsBefore({ base, count, queries, queryCount, dim }: VectorSet): Int32Array {
  const lengths = (data: Float32Array, rows: number) =>
    Float64Array.from({ length: rows }, (_, row) =>
      Math.sqrt(
        data.subarray(row * dim, (row + 1) * dim).reduce((sum, value) => sum + value * value, 0),
      ),
    )
  const [ofBase, ofQueries] = [lengths(base, count), lengths(queries, queryCount)]
  const ids = new Int32Array(queryCount * K).fill(-1)
  const best = new Float64Array(queryCount * K).fill(Infinity)
  const out = new Float64Array(8)
  for (let v = 0; v + 1 < count; v += 2)
    for (let q = 0; q + 3 < queryCount; q += 4) {
      dotBlock(queries, q * dim, base, v * dim, dim, out)
      for (let i = 0; i < 8; i++) {
        const [query, vector] = [q + (i & 3), v + (i >> 2)]
        const distance = 1 - out[i] / (ofQueries[query] * ofBase[vector])
        if (distance < best[query * K + K - 1]) insert(best, ids, query * K, distance, vector)
      }
    }
  return ids
}

function insert(best: Float64Array, ids: Int32Array, from: number, distance: number, id: number) {
  let at = from + K - 1
  for (; at > from && best[at - 1] > distance; at--) {
    best[at] = best[at - 1]
    ids[at] = ids[at - 1]
  }
  best[at] = distance
  ids[at] = id
}

function dotBlock(
  a: Float32Array,
  a0: number,
  b: Float32Array,
  b0: number,
  length: number,
  out: Float64Array,
): void {
  const [a1, a2, a3, b1] = [a0 + length, a0 + 2 * length, a0 + 3 * length, b0 + length]
  let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let d = 0; d < length; d++) {
    const x0 = a[a0 + d]
    const x1 = a[a1 + d]
    const x2 = a[a2 + d]
    const x3 = a[a3 + d]
    const y = b[b0 + d]
    const z = b[b1 + d]
    s0 += x0 * y
    s1 += x1 * y
    s2 += x2 * y
    s3 += x3 * y
    t0 += x0 * z
    t1 += x1 * z
    t2 += x2 * z
    t3 += x3 * z
  }
  out.set([s0, s1, s2, s3, t0, t1, t2, t3])
}

await main()
