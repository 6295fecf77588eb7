import { createHash } from 'node:crypto'
import { UsageError } from '../../platform/errors.js'
import { formatCount } from '../../platform/units.js'
import { quote } from '../../platform/command-line.js'
import { Rng } from '../rng.js'
import type { Space, VectorSet } from './distance.js'
import { unreadable } from './file-error.js'
import { readVectors, type Vectors } from './formats.js'
import { readTruth, type GivenTruth } from './given-truth.js'
import { isAnnFile, readAnnFile } from './hdf5.js'
import type { VectorPlan } from './plan.js'

/** What is ingested and what is asked. */
export interface Dataset extends VectorSet {
  /** For people: `clustered 10 000 × 384 (seed 1)`. */
  name: string
  /** sha256 of base and queries. */
  hash: string
  space: Space
  /** The truth that came with the queries; null: it is searched for. */
  given: GivenTruth | null
}

/** Points of a cluster lie this far from its centre, where centres lie at 1. */
const CLUSTER_SPREAD = 0.3
const HASHED_AT_ONCE_BYTES = 32 << 20
/** Components. */
const FILLED_AT_ONCE = 1 << 20

/**
 * `clustered` looks like embeddings: neighbours are near and an index can find them. `iid` is the worst case for any index: in many
 * dimensions all points are about equally far. Of a file without queries, those are its last rows.
 */
export async function loadDataset(plan: VectorPlan, signal?: AbortSignal): Promise<Dataset> {
  const { dataset, space } = plan
  const made = dataset.kind === 'file' ? await fromFile(plan) : await generate(plan, signal)
  const hash = await hashOf([made.base, made.queries], signal)
  return { given: null, ...made, hash, space: space ?? made.space ?? 'cosine' }
}

/** Gigabytes take seconds: others have their turn in between, and a stop is heard. */
async function inTurns(
  length: number,
  each: number,
  signal: AbortSignal | undefined,
  work: (from: number, to: number) => void,
): Promise<void> {
  for (let from = 0; from < length; from += each) {
    work(from, Math.min(length, from + each))
    await new Promise(setImmediate)
    signal?.throwIfAborted()
  }
}

async function hashOf(parts: readonly Float32Array[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for (const bytes of parts.map(bytesOf))
    await inTurns(bytes.length, HASHED_AT_ONCE_BYTES, signal, (from, to) =>
      hash.update(bytes.subarray(from, to)),
    )
  return hash.digest('hex')
}

type Unhashed = Omit<Dataset, 'hash' | 'space' | 'given'> &
  Partial<Pick<Dataset, 'space' | 'given'>>

async function generate(
  { dataset, queries: queryCount }: VectorPlan,
  signal?: AbortSignal,
): Promise<Unhashed> {
  if (dataset.kind === 'file') throw new Error('not generated')
  const { kind, vectors: count, dim, seed } = dataset
  const filler = kind === 'clustered' ? clusteredFiller(count, dim, seed) : normalFiller(seed)
  const fill = async (rows: number, stream: string) => {
    const data = new Float32Array(rows * dim)
    const fillRows = filler(stream)
    const each = Math.ceil(FILLED_AT_ONCE / dim) * dim
    await inTurns(data.length, each, signal, (from, to) => fillRows(data.subarray(from, to)))
    return data
  }
  return {
    name: `${kind} ${formatCount(count)} × ${dim} (seed ${seed})`,
    count,
    dim,
    base: await fill(count, 'base'),
    queryCount,
    queries: await fill(queryCount, 'queries'),
  }
}

/** Fills whole rows, one piece after the other, of the named stream of numbers. */
type Filler = (stream: string) => (rows: Float32Array) => void

function normalFiller(seed: number): Filler {
  return (stream) => {
    const rng = new Rng(seed, `iid/${stream}`)
    return (rows) => {
      for (let i = 0; i < rows.length; i++) rows[i] = rng.normal()
    }
  }
}

/** About 50 points to a cluster, 10 to 200 clusters. */
function clusteredFiller(count: number, dim: number, seed: number): Filler {
  const clusters = Math.min(200, Math.max(10, Math.round(count / 50)))
  const centres = new Float32Array(clusters * dim)
  normalFiller(seed)('centres')(centres)
  return (stream) => {
    const rng = new Rng(seed, `clustered/${stream}`)
    return (rows) => {
      for (let row = 0; row < rows.length; row += dim) {
        const centre = rng.below(clusters) * dim
        for (let d = 0; d < dim; d++)
          rows[row + d] = centres[centre + d] + CLUSTER_SPREAD * rng.normal()
      }
    }
  }
}

async function fromFile(plan: VectorPlan): Promise<Unhashed> {
  const { dataset, queryFile } = plan
  if (dataset.kind !== 'file') throw new Error('not a file')
  if (isAnnFile(dataset.path)) return fromAnnFile(plan, dataset)
  if (queryFile !== undefined) return withQueries(plan, dataset, queryFile)
  const { path, vectors } = dataset
  const { queries: wanted } = plan
  const file = await readVectors(path, {
    most: vectors === undefined ? Infinity : vectors + wanted,
    least: vectors === undefined ? undefined : vectors + 1,
  })
  refuseOtherDim(dataset, file.dim)
  const queryCount = Math.min(wanted, Math.max(1, Math.floor(file.count / 10)))
  const count = Math.min(vectors ?? Infinity, file.count - queryCount)
  if (count < 1) throw unreadable(path, `it has ${file.count} rows: too few`)
  return {
    name: `${path} ${count} × ${file.dim}`,
    count,
    dim: file.dim,
    base: file.data.subarray(0, count * file.dim),
    queryCount,
    queries: file.data.slice((file.count - queryCount) * file.dim),
  }
}

type FileOf = Extract<VectorPlan['dataset'], { kind: 'file' }>

/** All of its rows are ingested, and all of the other file's are asked for. */
async function withQueries(
  { truthFile }: VectorPlan,
  dataset: FileOf,
  queryFile: string,
): Promise<Unhashed> {
  const { path, vectors } = dataset
  // The small files first: what is wrong with them is known before the large one is read.
  const queries = await readVectors(queryFile)
  refuseOtherDim(dataset, queries.dim, queryFile)
  const given = truthFile === undefined ? null : await readTruth(truthFile, queries.count)
  const base = await readVectors(path, { most: vectors, least: vectors })
  if (base.dim !== queries.dim)
    throw unreadable(queryFile, `it has ${queries.dim} dimensions, and ${path} has ${base.dim}`)
  return { ...asDataset(path, base, queries), given }
}

/** Its truth is that of all its vectors in its own distance: of others it is searched for. */
async function fromAnnFile(plan: VectorPlan, dataset: FileOf): Promise<Unhashed> {
  const { path, vectors } = dataset
  const { base, of, queries, neighbours, space } = await readAnnFile(path, { vectors })
  refuseOtherDim(dataset, base.dim)
  const isTrue =
    neighbours !== null &&
    neighbours.k >= plan.k &&
    base.count === of &&
    (plan.space ?? space) === space
  const given = isTrue ? { path, ...neighbours, isAskedFor: false } : null
  return { ...asDataset(path, base, queries), given, space: space ?? undefined }
}

function asDataset(path: string, base: Vectors, queries: Vectors): Unhashed {
  return {
    name: `${path} ${base.count} × ${base.dim}`,
    ...{ count: base.count, dim: base.dim, base: base.data },
    ...{ queryCount: queries.count, queries: queries.data },
  }
}

function refuseOtherDim({ path, dim }: FileOf, dimFound: number, file = path): void {
  if (dim !== undefined && dim !== dimFound)
    throw new UsageError(`${file} has ${dimFound} dimensions, not ${dim}`, {
      code: 'AIB_VECTOR_FILE',
      hints: [`aibench chroma bench --dataset ${quote(path)} --dim ${dimFound}`],
    })
}

export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
