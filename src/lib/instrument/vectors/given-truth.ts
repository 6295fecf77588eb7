import { Distances, type Space, type VectorSet } from './distance.js'
import { unreadable } from './file-error.js'
import { readIds } from './formats.js'
import type { GroundTruth } from './truth/contract.js'
import { search } from './truth/ground-truth.js'

/** What is searched to check the truth: a second at most, whatever the size of the data. */
const CHECK_MULTIPLICATIONS = 2e9
const FEWEST_CHECKED = 4
const MOST_CHECKED = 100
/** Relative, and of squared lengths, since distances are differences of those. */
const TOLERANCE = { ofDistance: 1e-3, ofLength: 1e-6 }
const SPACES: readonly Space[] = ['cosine', 'l2', 'ip']

/** The k nearest of each query, as somebody else found them. */
export interface GivenTruth {
  path: string
  k: number
  /** Row-major, nearest first. */
  ids: Int32Array
  /** It was asked for by name: one that is not true ends the run. */
  isAskedFor: boolean
}

/** @throws UsageError for a file that has not a row of numbers for each query */
export async function readTruth(path: string, queryCount: number): Promise<GivenTruth> {
  const { count, dim, data } = await readIds(path, { most: queryCount })
  if (count < queryCount)
    throw unreadable(path, `it has the neighbours of ${count} queries, and there are ${queryCount}`)
  return { path, k: dim, ids: data, isAskedFor: true }
}

/**
 * Takes the truth as it is given, after a look at a sample: those neighbours are searched for, and have to be as near.
 * @throws UsageError when there are fewer than k a query, one is no vector of the data, or the sample is not true
 */
export async function truthFrom(
  given: GivenTruth,
  dataset: VectorSet,
  distances: Distances,
  { k, space, signal }: { k: number; space: Space; signal?: AbortSignal },
): Promise<GroundTruth & { checked: number }> {
  const { queryCount, count } = dataset
  if (given.k < k)
    throw unreadable(given.path, `it has ${given.k} neighbours a query, and k is ${k}`, [
      `aibench chroma bench --k ${given.k}`,
    ])
  const ids = new Int32Array(queryCount * k)
  for (let query = 0; query < queryCount; query++)
    for (let i = 0; i < k; i++) {
      const id = given.ids[query * given.k + i]
      if (id < 0 || id >= count)
        throw unreadable(
          given.path,
          `neighbour ${i} of query ${query} is vector ${id}, and there are ${count} vectors (all count from 0)`,
        )
      ids[query * k + i] = id
    }
  const truth = { k, ids, kthDistance: kthOf(ids, k, queryCount, distances) }
  const checked = await check(given.path, truth, dataset, { space, signal })
  return { ...truth, checked }
}

/** Of the farthest of the k: some files are not in order. */
function kthOf(ids: Int32Array, k: number, queryCount: number, distances: Distances): Float64Array {
  return Float64Array.from({ length: queryCount }, (_, query) => {
    let farthest = -Infinity
    for (const id of new Set(ids.subarray(query * k, (query + 1) * k)))
      farthest = Math.max(farthest, distances.between(query, id))
    return farthest
  })
}

async function check(
  path: string,
  truth: GroundTruth,
  dataset: VectorSet,
  { space, signal }: { space: Space; signal?: AbortSignal },
): Promise<number> {
  const sample = sampleOf(dataset)
  const wrong = await firstWrong(truth, sample, space, signal)
  if (wrong === undefined) return sample.rows.length
  let otherSpace: Space | undefined
  for (const one of SPACES)
    if (one !== space && !(await firstWrong(truth, sample, one, signal))) otherSpace ??= one
  throw unreadable(
    path,
    `it is not the truth of these vectors in ${space}: of query ${wrong.query} neighbour ${truth.k} is at ${wrong.said.toPrecision(4)}, and was found at ${wrong.found.toPrecision(4)}`,
    otherSpace ? [`aibench chroma bench --space ${otherSpace}`] : [],
  )
}

interface Sample {
  /** Numbers of the queries. */
  rows: readonly number[]
  dataset: VectorSet
}

function sampleOf(dataset: VectorSet): Sample {
  const { queryCount, count, dim, queries } = dataset
  const affordable = Math.floor(CHECK_MULTIPLICATIONS / (count * dim))
  const size = Math.min(queryCount, Math.max(FEWEST_CHECKED, Math.min(MOST_CHECKED, affordable)))
  const rows = Array.from({ length: size }, (_, i) => Math.floor((i * queryCount) / size))
  const some = new Float32Array(size * dim)
  rows.forEach((row, i) => some.set(queries.subarray(row * dim, (row + 1) * dim), i * dim))
  return { rows, dataset: { ...dataset, queryCount: size, queries: some } }
}

async function firstWrong(
  truth: GroundTruth,
  { rows, dataset }: Sample,
  space: Space,
  signal?: AbortSignal,
) {
  const distances = new Distances(dataset, space)
  const { kthDistance } = await search(dataset, { k: truth.k, space, signal })
  for (const [i, query] of rows.entries()) {
    const said = farthestOf(truth, query, i, distances)
    const found = kthDistance[i]
    // A vector of zeros has no angle to any other.
    if (!Number.isFinite(found)) continue
    const { dim, queries } = dataset
    const length = queries
      .subarray(i * dim, (i + 1) * dim)
      .reduce((sum, value) => sum + value * value, 0)
    const room = TOLERANCE.ofDistance * Math.abs(found) + TOLERANCE.ofLength * Math.max(1, length)
    if (!(Math.abs(said - found) <= room)) return { query, said, found }
  }
  return undefined
}

function farthestOf({ ids, k }: GroundTruth, query: number, i: number, distances: Distances) {
  let farthest = -Infinity
  for (const id of new Set(ids.subarray(query * k, (query + 1) * k)))
    farthest = Math.max(farthest, distances.between(i, id))
  return farthest
}
